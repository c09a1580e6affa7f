import Foundation
import TestDatabases
import Testing

/// The server behind an edition's databases, to be killed and started again.
struct DatabaseServer {
    let edition: TestEdition

    private static let script = ProcessInfo.processInfo.environment["HYPERSTEP_TEST_DEV_DATABASE"]

    /// Whether the server is one that tests may kill.
    static var mayBeKilled: Bool { script != nil }
    static let skipReason: Comment =
        "HYPERSTEP_TEST_DEV_DATABASE names no server that may be killed: scripts/test sets it"

    /// SIGKILL to all of it, and its return on the same port.
    func crash() throws {
        try run("kill")
        try run("start")
    }

    func kill() throws { try run("kill") }
    func start() throws { try run("start") }

    private func run(_ command: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: Self.script ?? "/nonexistent")
        process.arguments = [command, "--edition", edition.name]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "dev-database \(command) --edition \(edition.name)")
    }
}
