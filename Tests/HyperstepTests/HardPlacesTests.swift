import Foundation
import HyperstepRecorder
import HyperstepTestKit
import TestChildren
import Testing

@testable import Hyperstep

@Suite("Starting where something is missing", .timeLimit(.minutes(5)))
struct HardPlacesTests {
    private func isWarnedOfMemory(_ lines: [String]) -> Bool {
        lines.contains { $0.contains("records are kept in memory only") }
    }

    @Test(
        "Without a home, or with one that cannot be written, a run is sent from memory, and a warning says so"
    )
    func noHome() async throws {
        try await withTestCollector { collector in
            let outside = try TemporaryDirectory()
            let endpoint = try #require(collector.settings.endpoint)
            for home in [[], ["home=/proc/nowhere"]] {
                let id = UUID()
                let run = try await RunProgram.run(
                    outside, ["endpoint=\(endpoint)", "run=\(id.uuidString)", "steps=100"] + home)
                #expect(run.status == 0)
                #expect(run.lines.contains { $0.hasPrefix("finished 100 committed") }, "\(run.lines)")
                #expect(isWarnedOfMemory(run.lines), "\(run.lines)")
                let recorded = try #require(collector.run(id: id))
                #expect(recorded.steps.count == 100 && recorded.status == .finished)
            }
        }
    }

    @Test(
        "A resume without a home goes on with the attempt after the one that the collector knows, or the first"
    )
    func resumeWithoutHome() async throws {
        try await withTestCollector { collector in
            let outside = try TemporaryDirectory()
            let endpoint = try #require(collector.settings.endpoint)
            let run = try await RunProgram.run(
                outside, ["endpoint=\(endpoint)", "run=\(UUID().uuidString)", "resume=1"])
            #expect(run.lines.contains("started attempt 1"), "\(run.lines)")
            #expect(run.lines.contains { $0.contains("the attempt cannot be kept") }, "\(run.lines)")
        }
    }

    @Test("Offline there is nothing without a directory: the start says so")
    func offlineWithoutHome() async throws {
        let outside = try TemporaryDirectory()
        for home in [[], ["home=/proc/nowhere"]] {
            let run = try await RunProgram.run(outside, home)
            #expect(run.status == 0)
            #expect(
                run.lines.contains { $0.hasPrefix("error cannot start the run: directory") }, "\(run.lines)")
        }
    }

    @Test("A directory that somebody named and that cannot be used is an error, online too")
    func named() async throws {
        let outside = try TemporaryDirectory()
        let run = try await RunProgram.run(
            outside, ["endpoint=http://127.0.0.1:9", "directory=/dev/null/hyperstep"])
        #expect(run.lines.contains { $0.hasPrefix("error cannot start the run: directory") }, "\(run.lines)")
    }

    @Test("What was kept in memory and is not committed at the end is reported as lost")
    func lost() async throws {
        let outside = try TemporaryDirectory()
        let run = try await RunProgram.run(outside, ["endpoint=http://127.0.0.1:9", "timeout=200"])
        #expect(run.lines.contains { $0.contains("is lost") && $0.contains("10 spooled") }, "\(run.lines)")
    }

    #if os(Linux)
        @Test(
            "With few file descriptors a start throws or works, and never ends the process",
            arguments: [0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 18, 40])
        func descriptors(free: Int) async throws {
            let (directory, outside) = (try TemporaryDirectory(), try TemporaryDirectory())
            let run = try await RunProgram.run(
                outside,
                [
                    "endpoint=http://127.0.0.1:9", "directory=\(directory.path)", "free=\(free)",
                    "timeout=300",
                ])
            #expect(run.status == 0, "\(run.lines)")
            let isStarted = run.lines.contains { $0.hasPrefix("started") }
            let isRefused = run.lines.contains {
                $0.hasPrefix("error cannot start the run: open files") && $0.contains("ulimit -n")
            }
            #expect(isStarted != isRefused, "\(run.lines)")
            #expect(isRefused || free >= 16)
        }

        @Test("A program that opens all its files after the start does not end for it")
        func exhaustedLater() async throws {
            let (directory, outside) = (try TemporaryDirectory(), try TemporaryDirectory())
            let run = try await RunProgram.run(
                outside,
                [
                    "endpoint=http://127.0.0.1:9", "directory=\(directory.path)", "after=exhausted",
                    "timeout=1500",
                ])
            #expect(run.status == 0, "\(run.lines)")
            #expect(run.lines.contains { $0.hasPrefix("finished 0 committed, 10 spooled") }, "\(run.lines)")
        }

        @Test(
            "A full disk becomes free by sending what waits on it, and the run is recorded there",
            .enabled(if: RunProgram.isRoot, "mounting a small disk needs root"))
        func fullDisk() async throws {
            try await withTestCollector { collector in
                let disk = try #require(try SmallDisk(megabytes: 32))
                let outside = try TemporaryDirectory()
                let id = UUID()
                // Two that were killed fill it.
                for (number, run) in [id, UUID()].enumerated() {
                    let left = try await RunProgram.run(
                        outside,
                        [
                            "directory=\(disk.path)", "run=\(run.uuidString)", "end=leave",
                            "steps=\(number + 3)",
                        ])
                    #expect(left.lines.contains("started attempt 0"), "\(left.lines)")
                }
                let offline = try await RunProgram.run(outside, ["directory=\(disk.path)"])
                #expect(offline.lines.contains { $0.hasPrefix("error") && $0.contains("free some space") })

                let endpoint = try #require(collector.settings.endpoint)
                let run = try await RunProgram.run(
                    outside, ["directory=\(disk.path)", "endpoint=\(endpoint)"])
                #expect(run.lines.contains { $0.hasPrefix("finished 10 committed") }, "\(run.lines)")
                #expect(!isWarnedOfMemory(run.lines), "\(run.lines)")
                #expect(collector.run(id: id)?.steps.count == 3)
            }
        }

        @Test(
            "On a disk that stays full a run is sent from memory",
            .enabled(if: RunProgram.isRoot, "mounting a small disk needs root"))
        func diskStaysFull() async throws {
            try await withTestCollector { collector in
                let disk = try #require(try SmallDisk(megabytes: 2))
                let outside = try TemporaryDirectory()
                let endpoint = try #require(collector.settings.endpoint)
                let id = UUID()
                let run = try await RunProgram.run(
                    outside, ["directory=\(disk.path)", "endpoint=\(endpoint)", "run=\(id.uuidString)"])
                #expect(run.lines.contains { $0.hasPrefix("finished 10 committed") }, "\(run.lines)")
                #expect(isWarnedOfMemory(run.lines), "\(run.lines)")
                #expect(collector.run(id: id)?.steps.count == 10)
            }
        }

        @Test("An offline run of ten steps takes less than a megabyte of disk, and all of it is sent later")
        func smallOfflineRun() async throws {
            try await withTestCollector { collector in
                let (directory, outside) = (try TemporaryDirectory(), try TemporaryDirectory())
                let id = UUID()
                let run = try await RunProgram.run(
                    outside, ["directory=\(directory.path)", "run=\(id.uuidString)", "steps=10"])
                #expect(run.status == 0)
                let name = try #require(directory.contents.first)
                var status = stat()
                #expect(stat(directory.path + "/" + name, &status) == 0)
                #expect(status.st_blocks * 512 < 1 << 20, "\(status.st_blocks * 512) bytes")

                let endpoint = try #require(collector.settings.endpoint)
                let next = try RunProgram(
                    outside, ["directory=\(directory.path)", "endpoint=\(endpoint)", "end=hold"])
                defer { next.child.kill() }
                while directory.contents.contains(name), !next.child.hasEnded {
                    try await Task.sleep(for: .milliseconds(5))
                }
                let recorded = try #require(collector.run(id: id))
                #expect(recorded.steps.count == 10 && recorded.status == .finished)
            }
        }
    #endif

    @Test(
        "A child by fork joins its parent's run with what it records, and cannot finish it nor start another")
    func fork() async throws {
        try await withTestCollector { collector in
            let (directory, outside) = (try TemporaryDirectory(), try TemporaryDirectory())
            let endpoint = try #require(collector.settings.endpoint)
            let id = UUID()
            let mayFork = outside.path + "/may-fork"
            let program = try RunProgram(
                outside,
                [
                    "directory=\(directory.path)", "endpoint=\(endpoint)", "run=\(id.uuidString)", "steps=5",
                    "end=fork", "when=\(mayFork)",
                ])
            defer { program.child.kill() }
            // Once all is sent, no thread of the SDK does anything for the first time.
            while collector.run(id: id)?.steps.count != 5, !program.child.hasEnded {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(FileManager.default.createFile(atPath: mayFork, contents: nil))
            let run = try await program.end()
            #expect(run.status == 0)
            #expect(run.lines.contains("child status 0, run is finished: false"), "\(run.lines)")
            #expect(run.lines.contains { $0.contains("finish has no effect in a process that was forked") })
            #expect(run.lines.contains { $0.hasPrefix("child error cannot start the run: process") })
            #expect(run.lines.contains { $0.hasPrefix("finished 8 committed") }, "\(run.lines)")
            let recorded = try #require(collector.run(id: id))
            #expect(recorded.steps.count == 8 && recorded.status == .finished)
        }
    }

    @Test("Many resumes at the same time record all that they are given, and none is told of a full recorder")
    func concurrentResumes() async throws {
        try await withTestCollector { collector in
            let (directory, outside) = (try TemporaryDirectory(), try TemporaryDirectory())
            let endpoint = try #require(collector.settings.endpoint)
            let run = try await RunProgram.run(
                outside,
                [
                    "directory=\(directory.path)", "endpoint=\(endpoint)", "run=\(UUID().uuidString)",
                    "resume=24", "steps=200",
                ])
            #expect(run.status == 0)
            #expect(run.lines.count { $0.hasPrefix("finished 200 committed, 0 spooled, 0 dropped") } == 24)
            #expect(!run.lines.contains { $0.contains("dropped:") || $0.contains("full") }, "\(run.lines)")
        }
    }

    @Test("Of names that cannot be kept only so many are named")
    func names() {
        var named = SaidNames()
        #expect((0..<1_000).filter { named.isNews("tag \($0)") }.count == 16)
    }

    @Test("A resource that is malformed is a warning that names the pair, and only so many times")
    func malformedResource() throws {
        let settings = try Settings(mode: .offline).resolved(
            environment: ["HOME": "/h", "OTEL_RESOURCE_ATTRIBUTES": "a=1,b"])
        #expect(settings.resource.isEmpty)
        let (logger, lines) = RecordedLines.logger()
        for _ in 0..<100 { settings.warnOfEnvironment(logger) }
        #expect(lines.all.count == LimitedWarnings.maximum)
        #expect(
            lines.all.allSatisfy {
                $0.contains("OTEL_RESOURCE_ATTRIBUTES is malformed") && $0.contains("pair 2")
            })
        #expect(lines.all.last?.contains("does not log it again") == true)
    }
}

#if os(Linux)
    /// A file system of its own size.
    private final class SmallDisk {
        private let directory: TemporaryDirectory
        var path: String { directory.path }

        /// Nil where this machine does not let tests mount.
        init?(megabytes: Int) throws {
            directory = try TemporaryDirectory()
            guard mount("tmpfs", directory.path, "tmpfs", 0, "size=\(megabytes)m") == 0 else { return nil }
        }

        deinit { umount2(directory.path, Int32(MNT_DETACH)) }
    }
#endif
