public import HyperstepPolicies
public import HyperstepPostgres

/// Looks for what is wrong with a database: `hyperstep-collector doctor`.
public struct DoctorCommand: Sendable {
    private let url: PostgresURL
    private let doctor: Doctor

    /// The command for one database.
    ///
    /// - Parameter policies: what is declared; what the database has is held against it.
    public init(url: PostgresURL, policies: PolicySet = .standard) {
        self.url = url
        doctor = Doctor(
            policies: policies,
            schema: { connection throws(PostgresError) in try SchemaState.read(connection).complaint },
            drift: { connection throws(PostgresError) in
                var observed = try ObservedDatabase(connection)
                try observed.advise(connection, for: policies)
                return PolicyPlan.between(policies, observed).changes.map(\.description)
            })
    }

    /// Makes all checks; changes nothing. No statement takes more than 10 s.
    ///
    /// A database that cannot be reached is a finding, not an error that is thrown.
    public func run() async throws -> DoctorReport {
        do {
            return try await DatabaseTask.run("doctor", on: url, statementSeconds: 10) { [doctor] in
                doctor.examine($0)
            }
        } catch let error as PostgresError {
            return DoctorReport([
                Finding(
                    .error, "connection", "\(error)",
                    // The error of a refused connection says what to do.
                    remedy: error.kind == .settings
                        ? nil
                        : "see that the server runs, and that --database-url names it and a role with its password"
                )
            ])
        }
    }
}
