public import HyperstepPolicies
public import HyperstepPostgres

/// Shows what a database holds and how its policies are kept: `hyperstep-collector policies status`.
public struct StatusCommand: Sendable {
    private let url: PostgresURL

    /// The command for one database.
    public init(url: PostgresURL) { self.url = url }

    /// Asks the database; changes nothing. No statement takes more than 10 s.
    ///
    /// - Throws: ``PostgresError``, whose description says what was attempted.
    public func run() async throws -> DatabaseStatus {
        try await DatabaseTask.run("status", on: url, statementSeconds: 10) { try DatabaseStatus($0) }
    }
}
