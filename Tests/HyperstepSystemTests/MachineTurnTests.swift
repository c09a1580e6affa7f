import Foundation
import Synchronization
import Testing

@testable import HyperstepSystem

@Suite("Who tells about a machine", .timeLimit(.minutes(20)))
struct MachineTurnTests {
    private let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).machine"

    @Test("One at a time has the turn; given back, it is another's, and the last one leaves no file")
    func turns() {
        let turns = (0..<3).map { _ in MachineTurn(path: path) }
        #expect(turns.map { $0.take() } == [true, false, false])
        #expect(turns.map { $0.take() } == [true, false, false])
        turns[0].giveBack()
        #expect([2, 1, 0].map { turns[$0].take() } == [true, false, false])
        turns[2].giveBack()
        #expect(turns[1].take())
        #expect(FileManager.default.fileExists(atPath: path))
        turns[1].giveBack()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("Where somebody removes the file, whoever makes it anew has the turn, and keeps it")
    func removed() throws {
        let path =
            FileManager.default.temporaryDirectory.path + "/hyperstep-turn-\(UUID().uuidString).machine"
        let turns = (0..<2).map { _ in MachineTurn(path: path) }
        #expect(turns[0].take())
        try FileManager.default.removeItem(atPath: path)
        #expect(turns.reversed().map { $0.take() } == [true, false])
        turns[0].giveBack()
        #expect(turns[1].take() && FileManager.default.fileExists(atPath: path))
        turns[1].giveBack()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("Where the file cannot be made everybody tells, until they are told to stop")
    func nowhere() {
        let turns = (0..<2).map { _ in MachineTurn(path: "/nowhere/at/all") }
        #expect(turns.map { $0.take() } == [true, true])
        turns[0].giveBack()
        #expect(turns.map { $0.take() } == [false, true])
    }

    @Test("Files that nobody holds are removed, those of others and of turns that are held stay")
    func left() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hyperstep-turns-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let held = MachineTurn(directory: folder.path, name: "held")
        #expect(held.take())
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.count == 1 && names[0].hasPrefix("held.") && names[0].hasSuffix(".machine"))
        for name in ["left.machine", "left.another-machine.machine", "left.recorder"] {
            try Data().write(to: folder.appending(path: name))
        }
        MachineTurn.removeLeft(in: folder.path)
        MachineTurn.removeLeft(in: folder.path + "/nowhere")
        #expect(
            try Set(FileManager.default.contentsOfDirectory(atPath: folder.path))
                == Set(names + ["left.recorder"]))
        #expect(held.take())
        #expect(!MachineTurn(directory: folder.path, name: "held").take())
        held.giveBack()
    }

    @Test("A process that is killed loses its turn")
    func killed() async throws {
        // By the parent's number, which the child knows.
        func path(_ process: Int32) -> String {
            FileManager.default.temporaryDirectory.path + "/hyperstep-turn-\(process).machine"
        }
        await #expect(processExitsWith: .signal(SIGKILL)) {
            let path = FileManager.default.temporaryDirectory.path + "/hyperstep-turn-\(getppid()).machine"
            let turn = MachineTurn(path: path)
            guard turn.take() else { return }
            kill(getpid(), SIGKILL)
        }
        let mine = path(getpid())
        #expect(FileManager.default.fileExists(atPath: mine))
        let turn = MachineTurn(path: mine)
        #expect(turn.take())
        turn.giveBack()
    }

    /// Which devices are told about.
    private final class Devices: Sendable {
        private let found = Mutex<Set<String>>([])

        func add(_ sample: SystemSample) { found.withLock { _ = $0.insert(sample.device) } }

        func until(_ device: String) async throws {
            while !found.withLock({ $0.contains(device) }) { try await Task.sleep(for: .milliseconds(2)) }
        }

        var all: Set<String> { found.withLock(\.self) }
    }

    @Test("Of two processes one tells about the machine, and the other once that one has ended")
    func sampling() async throws {
        func start(_ devices: Devices) -> SystemSampling {
            SystemSampling(
                every: .milliseconds(5), of: .machine, turn: MachineTurn(path: path), isOfRun: true,
                note: { _ in }
            ) { devices.add($0) }
        }
        let (first, second) = (Devices(), Devices())
        let one = start(first)
        try await first.until("cpu")
        let two = start(second)
        try await second.until("process")
        #expect(second.all == ["process"])
        one.stop()
        try await second.until("cpu")
        two.stop()
    }
}
