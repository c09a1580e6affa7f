import Synchronization
import TestRandom
import Testing

@testable import HyperstepRecorder

/// Producers as fast as they can against a consumer that reads, re-reads and releases at random.
@Suite("The ring of steps under load")
struct RingHammerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let producers: Int
        let capacity: Int
        let policy: FullPolicy
        var testDescription: String { "\(producers) producers, capacity \(capacity), \(policy)" }
    }

    static let cases: [Case] = [1, 2, 3, 4, 8].flatMap { producers in
        [1, 2, 8, 64, 1_024].flatMap { capacity in
            [FullPolicy.drop, .wait].map { Case(producers: producers, capacity: capacity, policy: $0) }
        }
    }

    @Test(
        "Each accepted record is seen exactly once, in each producer's order, and drops are counted",
        arguments: cases)
    func hammer(_ test: Case) throws {
        let each = test.policy == .wait && test.capacity < 8 ? 500 : 5_000
        let ring = try MemoryRing(capacity: test.capacity, whenFull: test.policy)
        let accepted = Guarded<[Int: [Int]]>([:])
        let running = Atomic<Int>(test.producers)
        let consumed = Guarded<[StepRecord]>([])
        onThreads(test.producers + 1) { thread in
            if thread == test.producers {
                consumed.withLock {
                    $0 = Self.consume(
                        ring.steps, seed: UInt64(test.capacity),
                        while: { running.load(ordering: .acquiring) > 0 })
                }
                return
            }
            var mine: [Int] = []
            for number in 0..<each where ring.steps.record(.numbered(number, producer: thread)) {
                mine.append(number)
            }
            accepted.withLock { [mine] in $0[thread] = mine }
            running.wrappingSubtract(1, ordering: .releasing)
        }
        let records = consumed.withLock { $0 }
        #expect(!records.contains { !$0.isIntact })
        for producer in 0..<test.producers {
            let seen = records.filter { $0.epoch == producer }.map { Int($0.step) }
            #expect(seen == accepted.withLock { $0[producer] })
        }
        let dropped = ring.steps.level.dropped
        #expect(records.count + Int(dropped) == test.producers * each)
        if test.policy == .wait { #expect(dropped == 0) }
    }

    /// Reads what is there, sometimes twice to see the same, and releases some of it.
    static func consume(_ ring: StepRing, seed: UInt64, while running: () -> Bool) -> [StepRecord] {
        var generator = Seeded(seed)
        var records: [StepRecord] = []
        while true {
            // Asked before reading: what was recorded before the end is then seen.
            let more = running()
            let start = ring.level.released
            var seen: [StepRecord] = []
            let reading = ring.read(from: start, limit: Int.random(in: 1...512, using: &generator)) {
                seen.append($1)
            }
            if Bool.random(using: &generator) {
                var again: [StepRecord] = []
                _ = ring.read(from: start, limit: reading.positions.count) { again.append($1) }
                #expect(again == seen)
            }
            let keep = Int.random(in: 0...seen.count, using: &generator)
            records += seen.prefix(keep)
            ring.release(upTo: start + UInt64(keep))
            if reading.isEmpty {
                if !more { return records }
                Backoff.brief()
            }
        }
    }

    @Test("Sealing in mid-flight: what was accepted before it is all there, and nothing after it")
    func sealing() throws {
        for round in 0..<50 {
            let ring = try MemoryRing(capacity: 1_024)
            let counts = Guarded<[Int: Int]>([:])
            onThreads(4) { thread in
                if thread == 3 {
                    while ring.steps.level.end < UInt64(round * 10) { Backoff.brief() }
                    ring.core.seal()
                    return
                }
                var number = 0
                while number < 100_000, ring.steps.record(.numbered(number, producer: thread)) { number += 1 }
                counts.withLock { [number] in $0[thread] = number }
            }
            #expect(ring.core.isSettled(bytes: StepRing.slotBytes))
            let (reading, records) = ring.steps.all()
            #expect(reading.positions.upperBound == ring.steps.level.end)
            for producer in 0..<3 {
                let seen = records.filter { $0.1.epoch == producer }.map { Int($0.1.step) }
                #expect(seen == Array(0..<(counts.withLock { $0[producer] } ?? 0)))
            }
        }
    }
}
