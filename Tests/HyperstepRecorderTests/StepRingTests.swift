import Testing

@testable import HyperstepRecorder

@Suite("The ring of steps")
struct StepRingTests {
    @Test("A record is 96 bytes and a slot two cache lines")
    func sizes() {
        #expect(MemoryLayout<StepRecord>.size == 96)
        #expect(StepRing.recordOffset + MemoryLayout<StepRecord>.size <= StepRing.slotBytes)
        #expect(EventRing.maximumPayload == 16_368)
    }

    @Test("What is recorded is read back in order, bit for bit")
    func roundTrip() throws {
        let ring = try MemoryRing(capacity: 8).steps
        var extreme = StepRecord(time: .min, step: .max, epoch: .min, batch: .max)
        extreme.present = [.loss, .stepTimeMs]
        extreme.loss = Double(nan: 0x1234, signaling: false)
        extreme.stepTimeMs = -.infinity
        #expect(ring.record(.numbered(0)))
        #expect(ring.record(extreme))
        let (reading, records) = ring.all()
        #expect(reading == RingReading(positions: 0..<2, voidOffsets: []))
        #expect(records[0].1 == .numbered(0))
        #expect(records[1].1.time == .min && records[1].1.step == .max)
        #expect(records[1].1.present.rawValue == 0b1000_0001)
        #expect(records[1].1.loss.bitPattern == extreme.loss.bitPattern)
        #expect(records[1].1.value(column: 7) == -.infinity)
    }

    @Test("A full ring drops the newest record and counts it", arguments: [1, 2, 4, 8, 16])
    func full(capacity: Int) throws {
        let ring = try MemoryRing(capacity: capacity).steps
        for number in 0..<capacity { #expect(ring.record(.numbered(number))) }
        #expect(!ring.record(.numbered(99)))
        #expect(!ring.record(.numbered(100)))
        #expect(ring.level.dropped == 2)
        #expect(ring.level.fill == 1)
        #expect(ring.all().records.map(\.1.step) == (0..<capacity).map(Int64.init))
    }

    @Test("In every small ring, every pattern of recording and releasing keeps what a queue would keep")
    func enumerated() throws {
        // Each bit of a pattern: record one, or release one.
        for capacity in [1, 2, 4, 8] {
            for pattern in 0..<(1 << 12) {
                let ring = try MemoryRing(capacity: capacity).steps
                var model: [Int] = []
                var dropped = 0
                var released: UInt64 = 0
                for turn in 0..<12 {
                    if pattern >> turn & 1 == 0 {
                        let accepted = ring.record(.numbered(turn))
                        #expect(accepted == (model.count < capacity))
                        if accepted { model.append(turn) } else { dropped += 1 }
                    } else if !model.isEmpty {
                        model.removeFirst()
                        released += 1
                        ring.release(upTo: released)
                    }
                    guard ring.all().records.map({ Int($0.1.step) }) == model else {
                        Issue.record("capacity \(capacity), pattern \(pattern), turn \(turn)")
                        return
                    }
                }
                #expect(ring.level.dropped == UInt64(dropped))
                #expect(ring.level.used == model.count)
            }
        }
    }

    @Test("Reading frees nothing: the same records can be read again until they are released")
    func rereading() throws {
        let ring = try MemoryRing(capacity: 4).steps
        for number in 0..<4 { ring.record(.numbered(number)) }
        #expect(ring.all(from: 2).records.map(\.0) == [2, 3])
        #expect(ring.all(from: 0).records.map(\.0) == [0, 1, 2, 3])
        #expect(!ring.record(.numbered(4)))
        ring.release(upTo: 2)
        #expect(ring.record(.numbered(4)))
        // A position already released starts at what is left.
        #expect(ring.all(from: 0).records.map(\.1.step) == [2, 3, 4])
        ring.release(upTo: 1)
        #expect(ring.level.released == 2)
    }

    @Test("A reading stops at its limit and goes on from there")
    func limits() throws {
        let ring = try MemoryRing(capacity: 16).steps
        for number in 0..<10 { ring.record(.numbered(number)) }
        var position: UInt64 = 0
        var seen: [Int64] = []
        while true {
            let reading = ring.read(from: position, limit: 3) { seen.append($1.step) }
            if reading.isEmpty { break }
            #expect(reading.recordCount <= 3)
            position = reading.positions.upperBound
        }
        #expect(seen == Array(0..<10))
        #expect(ring.read(from: 99, limit: 3) { _, _ in }.isEmpty)
        #expect(ring.read(from: 0, limit: 0) { _, _ in }.isEmpty)
    }

    @Test("A living ring is not read past a position that is claimed and not published; an orphan's is void")
    func claimedOnly() throws {
        for isOrphan in [false, true] {
            let ring = try MemoryRing(capacity: 8, isOrphan: isOrphan)
            ring.steps.record(.numbered(0))
            let claimed = ring.core.claim()
            #expect(claimed == 1)
            ring.steps.record(.numbered(2))
            let (reading, records) = ring.steps.all()
            if isOrphan {
                #expect(reading == RingReading(positions: 0..<3, voidOffsets: [1]))
                #expect(records.map(\.1.step) == [0, 2])
            } else {
                #expect(reading == RingReading(positions: 0..<1, voidOffsets: []))
            }
            #expect(!ring.core.isSettled(bytes: StepRing.slotBytes))
        }
    }

    @Test("A sealed ring refuses and counts every record, and keeps what it has")
    func sealed() throws {
        for policy in [FullPolicy.drop, .wait] {
            let ring = try MemoryRing(capacity: 4, whenFull: policy)
            ring.steps.record(.numbered(0))
            ring.core.seal()
            ring.core.seal()
            #expect(!ring.steps.record(.numbered(1)))
            #expect(ring.steps.level.dropped == 1)
            #expect(ring.steps.level.end == 1)
            #expect(ring.steps.all().records.count == 1)
        }
    }

    @Test("A caller that waits is let go by a release, and by sealing")
    func waiting() throws {
        let ring = try MemoryRing(capacity: 1, whenFull: .wait)
        ring.steps.record(.numbered(0))
        let outcomes = Guarded<[Bool]>([])
        let thread = Thread {
            outcomes.withLock { $0.append(ring.steps.record(.numbered(1))) }
            outcomes.withLock { $0.append(ring.steps.record(.numbered(2))) }
        }
        ring.steps.release(upTo: 1)
        while ring.steps.level.end < 2 { Backoff.brief() }
        ring.core.seal()
        thread.join()
        #expect(outcomes.withLock { $0 } == [true, false])
        #expect(ring.steps.level.dropped == 1)
    }
}

extension Backoff {
    /// Lets other threads run.
    static func brief() {
        var backoff = Backoff()
        backoff.wait()
    }
}
