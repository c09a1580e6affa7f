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

/// A real process that records as fast as it can, killed at random moments.
@Suite("kill -9 of a recording process", .serialized)
struct KillTests {
    @Test("Every record whose call returned is there, once and in order", arguments: 0..<20)
    func filling(round: Int) throws {
        try run(round: round, mode: "fill", capacity: 262_144, upTo: 200_000)
    }

    @Test("So it is when the ring has turned many times", arguments: 0..<20)
    func consuming(round: Int) throws {
        try run(round: round, mode: "consume", capacity: 256, upTo: 50_000)
    }

    private func run(round: Int, mode: String, capacity: Int, upTo most: UInt64) throws {
        try withDirectory { directory in
            var generator = Seeded(UInt64(round) &+ UInt64(capacity))
            let threads = [1, 2, 4, 8][round % 4]
            let progress = try Progress(directory.path + "/progress", lines: threads)
            let child = try ChildProcess(
                "test-recorder-writer",
                [directory.path, directory.path + "/progress", "\(threads)", "\(capacity)", mode])
            // The moment of the kill: when the calls that returned reach a random number.
            let moment = UInt64.random(in: 0...most, using: &generator)
            var ended = false
            while progress.sum < moment && !ended {
                ended = child.hasEnded
                sched_yield()
            }
            #expect(!ended, "the writer ended by itself")
            guard !ended else { return }
            child.kill()
            try verify(directory, progress.counts, started: moment > 0)
        }
    }

    private func verify(_ directory: RecorderDirectory, _ returned: [UInt64], started: Bool) throws {
        let scan = try directory.scan()
        #expect(scan.live.isEmpty && scan.reports.isEmpty)
        // Killed before its file was there: then no call had returned either.
        guard let id = scan.orphans.first else { return #expect(!started) }
        let orphan = try #require(try directory.adopt(id).recorder)
        #expect(orphan.reports.isEmpty)
        #expect(String(decoding: orphan.identity, as: UTF8.self) == "test-recorder-writer")
        let (reading, records) = orphan.steps.all()
        #expect(
            reading.voidOffsets.count < returned.count, "at most one void a thread that did not come last")
        for (thread, count) in returned.enumerated() {
            let steps = records.filter { Int($0.1.epoch) == thread }.map(\.1.step)
            // Without a gap, in order, none twice, up to the last that returned or one more.
            if let first = steps.first { #expect(steps == Array(first..<first + Int64(steps.count))) }
            let end = steps.last.map { UInt64($0) + 1 }
            if orphan.steps.level.released == 0 {
                #expect((steps.first ?? 0) == 0)
                #expect((end ?? 0) == count || (end ?? 0) == count + 1)
            } else if let end {
                #expect(end == count || end == count + 1)
            }
        }
        #expect(
            !records.contains { $0.1.loss != Double($0.1.step) || $0.1.stepTimeMs != Double($0.1.step) + 7 })
    }
}
