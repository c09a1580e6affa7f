import Foundation
import HyperstepPostgres

/// Runs `body` with the URL of an empty database of its own on `server`, which is dropped afterwards.
func withBenchDatabase(on server: String, _ body: (String) throws -> Void) throws {
    let name = "hyperstep_bench_\(ProcessInfo.processInfo.processIdentifier)"
    // postgres://…/DATABASE?options: the part between them is replaced.
    let parts = server.split(separator: "?", maxSplits: 1)
    let host = parts[0].split(separator: "/", omittingEmptySubsequences: false).prefix(3)
    let url = host.joined(separator: "/") + "/" + name + (parts.count > 1 ? "?" + parts[1] : "")
    try PostgresConnection(PostgresURL(server)).execute("CREATE DATABASE \(name)")
    defer {
        try? PostgresConnection(PostgresURL(server)).execute("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }
    try body(url)
}

/// `hyperstep-collector`, for commands that end.
struct CollectorCommand {
    private let program: String
    private let database: String
    private let policies: String

    /// - Parameter policies: a policy file's text.
    init(program: String, database: String, policies: String) throws {
        self.program = program
        self.database = database
        self.policies =
            FileManager.default.temporaryDirectory.appending(
                path: "hyperstep-bench-\(ProcessInfo.processInfo.processIdentifier).yaml"
            ).path
        try policies.write(toFile: self.policies, atomically: true, encoding: .utf8)
    }

    /// Runs it, again after a second or more where it fails.
    func run(_ arguments: [String], tries: Int = 1) throws {
        for attempt in 1...tries {
            let process = Process()
            process.executableURL = URL(filePath: program)
            process.arguments = arguments
            process.environment = ["HYPERSTEP_DATABASE_URL": database, "HYPERSTEP_POLICIES_FILE": policies]
            process.standardOutput = FileHandle.nullDevice
            if attempt < tries { process.standardError = FileHandle.nullDevice }
            try process.run()
            process.waitUntilExit()
            if process.terminationStatus == 0 { return }
            if attempt < tries { sleep(UInt32(min(attempt, 5))) }
        }
        throw BenchError(
            description: "hyperstep-collector \(arguments.joined(separator: " ")) failed")
    }
}
