import Foundation
import TestChildren

/// The program `test-run-program` and what it has reported.
struct RunProgram {
    /// Users whom every system has, with no rights of their own.
    static let nobody: UInt32 = 65_534
    static let daemon: UInt32 = 1
    /// Whether tests can be other users.
    static let isRoot = getuid() == 0

    let child: ChildProcess
    private let report: String

    /// Starts it. `outside` is where its report goes.
    init(_ outside: TemporaryDirectory, _ options: [String]) throws {
        report = outside.path + "/report-\(UUID().uuidString)"
        child = try ChildProcess("test-run-program", [report] + options)
    }

    var lines: [String] {
        ((try? String(contentsOfFile: report, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    /// Waits until it has said something that begins like this, or has ended.
    func wait(for beginning: String) async throws {
        while !lines.contains(where: { $0.hasPrefix(beginning) }), !child.hasEnded {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Waits until it has ended by itself. Returns its wait status, 0 where it ended well, and its lines.
    func end() async throws -> (status: Int32, lines: [String]) {
        while !child.hasEnded { try await Task.sleep(for: .milliseconds(5)) }
        return (child.kill(), lines)
    }

    /// Runs it to its end.
    static func run(_ outside: TemporaryDirectory, _ options: [String]) async throws
        -> (status: Int32, lines: [String])
    {
        try await RunProgram(outside, options).end()
    }
}

/// Who owns a file, and its permissions; nil where there is none.
func ownerAndMode(_ path: String) -> (owner: UInt32, mode: UInt32)? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    return (status.st_uid, status.st_mode & 0o7777)
}
