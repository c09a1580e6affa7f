public import HyperstepPostgres

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Looks for what is wrong with a database that Hyperstep writes to. It changes nothing: what it tries to write is
/// rolled back.
///
///     let report = Doctor(policies: .standard).examine(connection)
///     print(report.text)
public struct Doctor: Sendable {
    /// A question whose answer somebody else knows.
    public typealias Question<Answer> = @Sendable (PostgresConnection) throws(PostgresError) -> Answer

    /// What is declared.
    public var policies: PolicySet
    /// What is wrong with the schema; nil if nothing is.
    public var schema: Question<String?>?
    /// One line for each policy that is not as declared.
    public var drift: Question<[String]>?
    /// This machine's time, in seconds since 1970.
    var clock: @Sendable () -> Double = { Date().timeIntervalSince1970 }

    /// - Parameters:
    ///   - policies: what is declared.
    ///   - schema: asked for what is wrong with the schema; not looked at without it.
    ///   - drift: asked for the differences to `policies`; not looked at without it.
    public init(policies: PolicySet, schema: Question<String?>? = nil, drift: Question<[String]>? = nil) {
        self.policies = policies
        self.schema = schema
        self.drift = drift
    }

    /// Makes all checks.
    ///
    /// A check that cannot be made is a finding too, so this never throws. Give the connection a
    /// `statement_timeout`.
    public func examine(_ connection: PostgresConnection) -> DoctorReport {
        var examination = Examination(connection)
        examination.check("timescaledb") { connection throws(PostgresError) in
            let version = try VersionCheck(connection)
            return version.findings
        }
        examination.check("server") { connection throws(PostgresError) in
            try ServerSettings(connection).findings
        }
        examination.check("encoding") { connection throws(PostgresError) in
            try EncodingCheck(connection).findings
        }
        examination.check("clock") { connection throws(PostgresError) in
            try ClockCheck(connection, clock: clock).findings
        }
        examination.check("writable") { connection throws(PostgresError) in
            WritableCheck(complaint: try SessionState.complaint(on: connection)).findings
        }
        examination.check("schema") { connection throws(PostgresError) in
            guard let schema else { return [] }
            return SchemaCheck(complaint: try schema(connection)).findings
        }
        guard examination.hasExtension else { return DoctorReport(examination.findings) }
        // What is missing altogether is not called drift.
        let hasSchema = !examination.findings.contains { $0.check == "schema" && $0.level == .error }
        examination.check("timescaledb-catalog") { connection throws(PostgresError) in
            try CatalogCheck(connection).findings
        }
        examination.check("permissions") { connection throws(PostgresError) in
            try PermissionsCheck(connection).findings
        }
        let isWritable = examination.isWritable
        examination.check("write") { connection throws(PostgresError) in
            guard hasSchema, isWritable else { return [] }
            return try WriteCheck(connection).findings
        }
        examination.check("ledger") { connection throws(PostgresError) in try LedgerFacts(connection).findings
        }
        examination.check("root-rows") { connection throws(PostgresError) in
            try RootRowsCheck(connection).findings
        }
        examination.check("drift") { connection throws(PostgresError) in
            guard let drift, hasSchema else { return [] }
            return DriftCheck(differences: try drift(connection)).findings
        }
        examination.check("policies") { connection throws(PostgresError) in
            try PolicyFacts(connection).findings(policies)
        }
        return DoctorReport(examination.findings)
    }
}

/// What is found, check by check.
private struct Examination {
    let connection: PostgresConnection
    var findings: [Finding] = []
    private var isConnected = true

    init(_ connection: PostgresConnection) { self.connection = connection }

    /// Whether a session may write at all.
    var isWritable: Bool { !findings.contains { $0.check == "writable" && $0.level == .error } }

    /// False where only ``VersionCheck`` has something to say.
    var hasExtension: Bool {
        isConnected && !findings.contains { $0.check == "timescaledb" && $0.level == .error }
    }

    mutating func check(
        _ name: String, _ body: (PostgresConnection) throws(PostgresError) -> [Finding]
    ) {
        guard isConnected else { return }
        do throws(PostgresError) {
            findings += try body(connection)
        } catch {
            isConnected = error.kind != .connectionLost
            findings.append(
                Finding(
                    isConnected ? .warning : .error, name, "not looked at: \(error)",
                    remedy: Self.remedy(for: error)))
        }
    }

    /// What to do when a check could not be made.
    private static func remedy(for error: PostgresError) -> String {
        if error.kind == .connectionLost { return "see that the server runs and answers" }
        return switch error.code {
        case "42501": "run doctor as the role that serve has, or as the owner"
        case "57014": "run it again when the server is less busy; pg_stat_activity shows what it does"
        default:
            "see the server's log, and run hyperstep-collector migrate if the schema is older than this collector"
        }
    }
}
