import Synchronization
import TestRandom
import Testing

@testable import HyperstepRecorder

/// Threads that count as fast as they can against one that takes windows.
@Suite("Monitored series under load", .serialized)
struct MonitorHammerTests {
    @Test("The windows' sum is what was recorded, exactly", arguments: [1, 2, 4, 8])
    func hammer(threads: Int) throws {
        try withDirectory { directory in
            let recorder = try directory.create(.everything)
            let identities: [[UInt8]] = [[1], [2, 2]]
            let all = try identities.map { try #require(recorder.monitors.series($0, at: 0)) }
            let counted = Guarded<[[Int: UInt64]]>([[:], [:]])
            let windows = Guarded<[WindowCode]>([])
            let running = Atomic<Int>(threads)
            onThreads(threads + 1) { thread in
                if thread == threads {
                    var time: Int64 = 0
                    while true {
                        let more = running.load(ordering: .acquiring) > 0
                        time += 1
                        let taking = recorder.monitors.takeWindows(at: time, WindowCode.encode)
                        let level = recorder.windows.level
                        windows.withLock { $0 += recorder.windows.all() }
                        recorder.windows.release(upTo: level.end)
                        if !more && taking == WindowTaking() { return }
                    }
                }
                var generator = Seeded(UInt64(thread))
                var mine = all.map { CountedSeries($0) }
                for turn in 0..<200 { mine[turn & 1].record(100, using: &generator) }
                counted.withLock { [mine] in
                    for index in 0..<2 { $0[index].merge(mine[index].counts, uniquingKeysWith: +) }
                }
                running.wrappingSubtract(1, ordering: .releasing)
            }
            let taken = windows.withLock { $0 }
            for index in 0..<2 { #expect(taken.sum(identities[index]) == counted.withLock { $0[index] }) }
        }
    }

    @Test("Ending in mid-flight: every call that said it counted is in a window", arguments: 0..<8)
    func sealing(round: Int) throws {
        try withDirectory { directory in
            var configuration = RecorderConfiguration.everything
            configuration.windowCapacity = 64
            let recorder = try directory.create(configuration)
            let series = try #require(recorder.monitors.series([1], at: 0))
            let accepted = Guarded<[Int]>([])
            let started = Atomic<Int>(0)
            onThreads(4) { thread in
                if thread == 3 {
                    while started.load(ordering: .relaxed) < 3 {}
                    for _ in 0..<round { recorder.monitors.takeWindows(at: 1, WindowCode.encode) }
                    recorder.seal()
                    while !recorder.isSealed { recorder.monitors.takeWindows(at: 2, WindowCode.encode) }
                    return
                }
                started.wrappingAdd(1, ordering: .relaxed)
                var mine = 0
                while series.record(.request, nanoseconds: 1_000) { mine += 1 }
                accepted.withLock { [mine] in $0.append(mine) }
            }
            let total = accepted.withLock { $0.reduce(0, +) }
            let windows = recorder.windows.all().sum([1])
            let taken = Int(windows.values.reduce(0, +))
            #expect(taken >= total && taken <= total + 3)
        }
    }

    @Test("Threads take the stripes in turns")
    func stripes() throws {
        let seen = Guarded<[Int]>([])
        for _ in 0..<MonitorPlace.stripes * 2 {
            onThreads(1) { _ in
                let stripe = StripePicker.shared.stripe()
                #expect(stripe == StripePicker.shared.stripe())
                seen.withLock { $0.append(stripe) }
            }
        }
        #expect(seen.withLock { $0 }.allSatisfy { (0..<MonitorPlace.stripes).contains($0) })
    }
}
