import TestChildren
import TestRandom
import Testing

@testable import HyperstepRecorder

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A real process that records scalars and requests and takes windows as fast as it can, killed at random moments.
@Suite("kill -9 of a process that records scalars and takes windows", .serialized)
struct MonitorKillTests {
    @Test("Every scalar is there once; the windows' sum is what was counted", arguments: 0..<20)
    func monitoring(round: Int) throws {
        try withDirectory { directory in
            var generator = Seeded(UInt64(round) &+ 77)
            let threads = [1, 2, 4, 8][round % 4]
            let progress = try Progress(directory.path + "/progress", lines: threads, words: 1 << 20)
            let child = try ChildProcess(
                "test-recorder-writer",
                [directory.path, directory.path + "/progress", "\(threads)", "131072", "monitor"])
            let moment = UInt64.random(in: 0...50_000, using: &generator)
            var ended = false
            while progress.sum < moment && !ended {
                ended = child.hasEnded
                sched_yield()
            }
            #expect(!ended, "the writer ended by itself")
            guard !ended else { return }
            child.kill()
            // Killed before its file was there: then no call had returned either.
            guard let id = try directory.scan().orphans.first else { return #expect(moment == 0) }
            let orphan = try #require(try directory.adopt(id).recorder)
            #expect(orphan.reports.isEmpty)
            verifyScalars(orphan, progress.counts)
            verifyWindows(orphan, progress, counted: progress.counts(word: 1).reduce(0, +), threads: threads)
            orphan.scalars.release(upTo: orphan.scalars.level.end)
            orphan.windows.release(upTo: orphan.windows.level.end)
            try orphan.remove()
        }
    }

    private func verifyScalars(_ orphan: Recorder, _ returned: [UInt64]) {
        let (reading, records) = orphan.scalars.all()
        #expect(reading.voidOffsets.count < returned.count + 1)
        for (thread, count) in returned.enumerated() {
            let metric = (0..<orphan.names.count).map { MetricID(rawValue: UInt32($0)) }
                .first { orphan.names[$0]?.name == "thread/\(thread)" }
            let own = records.filter { $0.metric == metric }
            #expect(own.map(\.step) == Array(0..<Int64(own.count)))
            #expect(own.allSatisfy { $0.value == Double($0.step) + 7 })
            #expect(own.count == count || own.count == count + 1)
        }
    }

    private func verifyWindows(_ orphan: Recorder, _ progress: Progress, counted: UInt64, threads: Int) {
        var requests: [UInt64: UInt64] = [:]
        for position in 0..<orphan.windows.level.released {
            requests[position] = progress.word(Int(position))
        }
        while true {
            let taking = orphan.monitors.takeWindows(at: 0) { window in
                withUnsafeBytes(of: window.count(.request)) { Array($0) }
            }
            let reading = orphan.windows.read(from: 0, limit: .max) { position, payload in
                requests[position] = payload.loadUnaligned(as: UInt64.self)
                return true
            }
            #expect(reading.voidOffsets.isEmpty)
            if taking.isComplete { break }
            orphan.windows.release(upTo: reading.positions.upperBound)
        }
        let sum = requests.values.reduce(0, +)
        #expect(sum >= counted && sum <= counted + UInt64(threads), "windows \(sum), returned \(counted)")
        // Of some the request itself may be in the window beside: taken, or killed, between its parts.
        #expect(UInt64(requests.count) == orphan.windows.level.end)
    }
}
