import Foundation
import HyperstepRecorder
import HyperstepTestKit
import HyperstepWire
import TestChildren
import Testing

@testable import Hyperstep

@Suite(
    "A state directory that users share",
    .enabled(if: RunProgram.isRoot, "the tests are other users by turns, which only root can be"),
    .timeLimit(.minutes(5)))
struct SharedDirectoryTests {
    /// A directory for everybody, as an administrator makes it.
    private func shared(_ mode: mode_t = 0o1777) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        #expect(chmod(directory.path, mode) == 0)
        return directory
    }

    /// A run of a user's, recorded into the directory itself, as Hyperstep did before users had folders of their own.
    private func leaveFlat(_ root: TemporaryDirectory, user: UInt32, steps: Int) throws -> (
        file: String, run: UUID
    ) {
        let id = UUID()
        let description = try RunDescription(project: "p", name: "n", model: "m", modelVersion: nil, id: id)
        var configuration = RecorderConfiguration()
        configuration.identity = description.identity.encoded()
        let recorder = try RecorderDirectory(path: root.path).create(configuration)
        let recording = Recording(runID: id, recorder: recorder)
        let (logger, _) = RecordedLines.logger()
        recording.start(description, parameters: [:], tags: [], logger: logger)
        for number in 0..<steps {
            recorder.steps.record(StepRecord(time: 1, step: Int64(number), epoch: 0, batch: 0))
        }
        recorder.close()
        #expect(chown(recorder.path, user, user) == 0)
        return (recorder.path, id)
    }

    @Test("Another user's start leaves my orphan where it is, and my own start sends it")
    func anothersStart() async throws {
        try await withTestCollector { collector in
            let (root, outside) = (try shared(), try TemporaryDirectory())
            let endpoint = try #require(collector.settings.endpoint)
            let mine = try leaveFlat(root, user: RunProgram.nobody, steps: 7)
            let other = try await RunProgram.run(
                outside, ["directory=\(root.path)", "endpoint=\(endpoint)", "user=\(RunProgram.daemon)"])
            #expect(other.status == 0)
            #expect(other.lines.contains { $0.hasPrefix("finished 10 committed") }, "\(other.lines)")
            #expect(ownerAndMode(mine.file)?.owner == RunProgram.nobody)
            #expect(!root.contents.contains("set-aside"))
            #expect(
                other.lines.contains { $0.contains("left alone") && $0.contains("belongs to user 65534") },
                "\(other.lines)")
            #expect(collector.run(id: mine.run) == nil)

            let my = try RunProgram(
                outside,
                ["directory=\(root.path)", "endpoint=\(endpoint)", "user=\(RunProgram.nobody)", "end=hold"])
            defer { my.child.kill() }
            while ownerAndMode(mine.file) != nil, !my.child.hasEnded {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(collector.run(id: mine.run)?.steps.count == 7)
        }
    }

    @Test("Another user's start leaves my live recorder alone, and each user has a folder of their own")
    func live() async throws {
        try await withTestCollector { collector in
            let (root, outside) = (try shared(), try TemporaryDirectory())
            let endpoint = try #require(collector.settings.endpoint)
            let mine = try RunProgram(
                outside, ["directory=\(root.path)", "user=\(RunProgram.nobody)", "end=hold"])
            defer { mine.child.kill() }
            try await mine.wait(for: "holding")
            let folder = root.path + "/user-\(RunProgram.nobody)"
            let files = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(files.count { $0.hasSuffix(".hyperstep") } == 1)

            let other = try await RunProgram.run(
                outside, ["directory=\(root.path)", "endpoint=\(endpoint)", "user=\(RunProgram.daemon)"])
            #expect(other.lines.contains { $0.hasPrefix("finished 10 committed") }, "\(other.lines)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == files)
            for user in [RunProgram.nobody, RunProgram.daemon] {
                let found = ownerAndMode(root.path + "/user-\(user)")
                #expect(found?.owner == user && found?.mode == 0o700)
            }
            #expect(Set(root.contents) == ["user-\(RunProgram.nobody)", "user-\(RunProgram.daemon)"])
        }
    }

    @Test(
        "A directory of my own is used as it is, also where my group may write to it",
        arguments: [0o700, 0o775])
    func own(mode: mode_t) async throws {
        let (directory, outside) = (try shared(mode), try TemporaryDirectory())
        #expect(chown(directory.path, RunProgram.nobody, RunProgram.nobody) == 0)
        _ = try await RunProgram.run(
            outside, ["directory=\(directory.path)", "user=\(RunProgram.nobody)", "end=leave"])
        #expect(directory.contents.count == 1)
        #expect(directory.contents.allSatisfy { $0.hasSuffix(".hyperstep") }, "\(directory.contents)")
    }

    @Test("A link that somebody put in the place of my folder is not followed, and the error says what to do")
    func planted() async throws {
        let (root, outside, elsewhere) = (try shared(), try TemporaryDirectory(), try shared(0o777))
        let link = root.path + "/user-\(RunProgram.nobody)"
        #expect(symlink(elsewhere.path, link) == 0)
        let run = try await RunProgram.run(outside, ["directory=\(root.path)", "user=\(RunProgram.nobody)"])
        #expect(
            run.lines.contains {
                $0.hasPrefix("error cannot start the run: directory") && $0.contains("1777")
            })
        #expect(elsewhere.contents.isEmpty)
    }

    @Test("A file of mine that cannot be opened is no damage: it stays, and is named")
    func unreadable() async throws {
        let (root, outside) = (try shared(0o777), try TemporaryDirectory())
        let (file, _) = try leaveFlat(root, user: RunProgram.nobody, steps: 1)
        #expect(chmod(file, 0) == 0)
        let scan = try await RunProgram.run(
            outside, ["directory=\(root.path)", "user=\(RunProgram.nobody)", "task=scan"])
        #expect(
            scan.lines.contains { $0.hasPrefix("left alone \(file)") && $0.contains("Permission denied") })
        #expect(!scan.lines.contains { $0.hasPrefix("damaged") }, "\(scan.lines)")
        #expect(ownerAndMode(file)?.owner == RunProgram.nobody)
        #expect(!root.contents.contains("set-aside"))
    }

    @Test("Whatever the umask, the next start can open what this one left")
    func umask() async throws {
        let (root, outside) = (try shared(), try TemporaryDirectory())
        let options = ["directory=\(root.path)", "user=\(RunProgram.nobody)"]
        let run = try await RunProgram.run(outside, options + ["umask=777", "end=leave"])
        #expect(run.lines.contains("started attempt 0"), "\(run.lines)")
        let folder = "directory=\(root.path)/user-\(RunProgram.nobody)"
        let scan = try await RunProgram.run(outside, [folder, "user=\(RunProgram.nobody)", "task=scan"])
        #expect(scan.lines == ["orphans 1 live 0"])
    }

    @Test("A resume finds the attempts that an earlier version kept for all users of a directory")
    func attempts() async throws {
        let (root, outside) = (try shared(), try TemporaryDirectory())
        let id = UUID()
        let earlier = root.path + "/attempts"
        try FileManager.default.createDirectory(atPath: earlier, withIntermediateDirectories: true)
        try Data("4\n".utf8).write(to: URL(filePath: earlier + "/" + id.uuidString.lowercased()))
        let run = try await RunProgram.run(
            outside,
            ["directory=\(root.path)", "user=\(RunProgram.nobody)", "run=\(id.uuidString)", "resume=1"])
        #expect(run.lines.contains("started attempt 5"), "\(run.lines)")
    }
}
