import Synchronization
import TestRandom
import Testing

@testable import HyperstepRecorder

/// Threads that record as fast as they can against one that takes windows.
@Suite("Instruments under load", .serialized)
struct InstrumentHammerTests {
    @Test("The windows add up to what was recorded, exactly", arguments: [1, 2, 4, 8])
    func hammer(threads: Int) throws {
        try withDirectory { directory in
            var configuration = RecorderConfiguration.instruments
            configuration.instrumentWindowCapacity = 256
            // Blocks enough for 48 powers of two of each.
            configuration.instrumentCapacity = 26
            let recorder = try directory.create(configuration)
            let all = try (0..<2).map { try #require(recorder.instruments.series([$0], at: 0)) }
            let counted = Guarded([InstrumentSum(), InstrumentSum()])
            let windows = Guarded<[InstrumentCode]>([])
            let running = Atomic<Int>(threads)
            onThreads(threads + 1) { thread in
                if thread == threads {
                    var time: Int64 = 0
                    while true {
                        let more = running.load(ordering: .acquiring) > 0
                        time += 1
                        let taking = recorder.instruments.takeWindows(at: time, InstrumentCode.encode)
                        windows.withLock { $0 += recorder.instrumentCodes }
                        recorder.seriesWindows.release(upTo: recorder.seriesWindows.level.end)
                        if !more && taking == WindowTaking() { return }
                    }
                }
                var generator = Seeded(UInt64(thread))
                var mine = all.map { CountedInstrument($0) }
                for turn in 0..<200 { mine[turn & 1].record(100, using: &generator) }
                counted.withLock { [mine] in
                    for index in 0..<2 { $0[index] = $0[index] + mine[index].sum }
                }
                running.wrappingSubtract(1, ordering: .releasing)
            }
            let taken = windows.withLock { $0 }
            #expect(!recorder.instruments.lacksBlocks)
            for index in 0..<2 {
                #expect(InstrumentSum(of: index, in: taken) == counted.withLock { $0[index] })
            }
        }
    }

    @Test("A meter moved by many threads stands where their moves add up to", arguments: [2, 8])
    func meter(threads: Int) throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let series = try #require(recorder.instruments.series([1], at: 0))
            onThreads(threads) { thread in
                for _ in 0..<10_000 { series.move(by: thread & 1 == 0 ? 2 : -1) }
            }
            recorder.instruments.takeWindows(at: 1, InstrumentCode.encode)
            let window = try #require(recorder.instrumentCodes.first)
            #expect(window.value == Double(threads / 2 * 10_000) && window.count == UInt64(threads * 10_000))
        }
    }

    @Test("Resets against additions: what it stands at is the sum of the windows", arguments: 0..<4)
    func resets(round: Int) throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let series = try #require(recorder.instruments.series([1], at: 0))
            onThreads(4) { thread in
                for turn in 0..<2_000 {
                    if thread == 0 && turn % 100 == 0 { series.reset() }
                    if thread == 1 && turn % 50 == round { series.reset() }
                    series.add(whole: Int64(thread * turn))
                    if thread == 3 && turn % 100 == 0 && turn / 100 < 40 {
                        recorder.instruments.takeWindows(at: Int64(turn), InstrumentCode.encode)
                    }
                }
            }
            series.add(whole: 1)
            recorder.instruments.takeWindows(at: 10_000, InstrumentCode.encode)
            let windows = recorder.instrumentCodes
            let last = try #require(windows.last)
            let total = try #require(last.total)
            #expect(total >= 1 && windows.compactMap(\.sum).reduce(0, +) == total)
            series.reset()
            series.add(whole: 3)
            recorder.instruments.takeWindows(at: 10_001, InstrumentCode.encode)
            #expect(recorder.instrumentCodes.last?.total == 3)
        }
    }

    @Test("Ending in mid-flight: every call that said it counted is in a window", arguments: 0..<8)
    func sealing(round: Int) throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let series = try #require(recorder.instruments.series([1], at: 0))
            let accepted = Guarded<[Int]>([])
            let started = Atomic<Int>(0)
            onThreads(4) { thread in
                if thread == 3 {
                    while started.load(ordering: .relaxed) < 3 {}
                    for _ in 0..<round { recorder.instruments.takeWindows(at: 1, InstrumentCode.encode) }
                    recorder.seal()
                    while !recorder.isSealed {
                        recorder.instruments.takeWindows(at: 2, InstrumentCode.encode)
                    }
                    return
                }
                started.wrappingAdd(1, ordering: .relaxed)
                var mine = 0
                while series.observe(1_000) { mine += 1 }
                accepted.withLock { [mine] in $0.append(mine) }
            }
            let total = UInt64(accepted.withLock { $0.reduce(0, +) })
            let taken = InstrumentSum(of: 0, in: recorder.instrumentCodes)
            #expect(taken.count >= total && taken.count <= total + 3)
        }
    }
}
