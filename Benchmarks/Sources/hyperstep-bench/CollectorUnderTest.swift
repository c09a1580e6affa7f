import Foundation
import HyperstepPostgres

/// A collector in a process of its own, as it is in use.
final class CollectorUnderTest {
    private let program: String
    private let database: String
    private let port = Int.random(in: 20_000..<30_000)
    private var process: Process?

    init(program: String, database: String) throws {
        self.program = program
        self.database = database
        for arguments in [["migrate"], ["policies", "apply", "--yes"]] {
            let process = try run(arguments)
            process.waitUntilExit()
            guard process.terminationStatus == 0 else {
                throw BenchError(description: "the collector failed: \(arguments)")
            }
        }
    }

    var endpoint: String { "http://127.0.0.1:\(port)" }

    /// Starts it, and waits until it writes.
    func start(writers: Int, transactionRows: Int, _ arguments: [String] = []) throws {
        process = try run(
            [
                "serve", "--listen", "127.0.0.1:\(port)", "--writers", "\(writers)", "--batch-rows",
                "\(transactionRows)", "--log-level", "error",
            ] + arguments)
        let connection = try PostgresConnection(PostgresURL(database))
        for _ in 0..<400 {
            let ready = try connection.query(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name LIKE 'hyperstep-collector writer%'
                """
            ).int64(0, 0)
            if ready == Int64(writers) { return }
            usleep(25_000)
        }
        throw BenchError(description: "the collector did not connect within 10 seconds")
    }

    func stop() {
        process?.terminate()
        process?.waitUntilExit()
        process = nil
    }

    private func run(_ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = ["HYPERSTEP_DATABASE_URL": database]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        return process
    }
}

/// Runs `body` with the endpoint of a collector that has a database of its own; where none can be had, says so and does
/// not run it.
func withBenchCollector(_ group: String, _ body: (String) throws -> Void) throws {
    let environment = ProcessInfo.processInfo.environment
    guard let server = environment["HYPERSTEP_DATABASE_URL"],
        let program = environment["HYPERSTEP_BENCH_COLLECTOR"]
    else {
        return writeLine(
            "\(group): no HYPERSTEP_DATABASE_URL and HYPERSTEP_BENCH_COLLECTOR: not measured with a collector",
            to: 2)
    }
    try withBenchDatabase(on: server) { database in
        let collector = try CollectorUnderTest(program: program, database: database)
        try collector.start(writers: 1, transactionRows: IngestBench.transactionRows)
        defer { collector.stop() }
        try body(collector.endpoint)
    }
}
