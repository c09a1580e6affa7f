import HyperstepPostgres
import NIOPosix

/// Work on one connection, off the threads of Swift's concurrency.
enum DatabaseTask {
    /// Connects, runs `body` and disconnects.
    ///
    /// - Parameters:
    ///   - name: shown in `pg_stat_activity` after the program's name.
    ///   - statementSeconds: the longest that one statement may take.
    static func run<Result: Sendable>(
        _ name: String, on url: PostgresURL, statementSeconds: Int,
        _ body: @escaping @Sendable (PostgresConnection) throws -> Result
    ) async throws -> Result {
        try await NIOThreadPool.singleton.runIfActive {
            var options = PostgresConnection.Options()
            options.applicationName = "hyperstep-collector \(name)"
            options.operationTimeout = .seconds(statementSeconds + 5)
            options.session = ["statement_timeout": "\(statementSeconds)s", "lock_timeout": "5s"]
            return try body(PostgresConnection(url, options: options))
        }
    }
}
