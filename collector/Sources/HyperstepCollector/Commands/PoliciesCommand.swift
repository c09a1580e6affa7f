public import HyperstepPolicies
public import HyperstepPostgres
import NIOPosix

/// Shows and makes the difference between declared policies and a database: `hyperstep-collector policies`.
public struct PoliciesCommand: Sendable {
    private let url: PostgresURL
    private let declared: PolicySet

    /// The command for one database.
    public init(url: PostgresURL, declared: PolicySet) {
        self.url = url
        self.declared = declared
    }

    /// A plan, and for which edition.
    public struct Planned: Sendable {
        /// Of the database.
        public let edition: Edition
        /// What differs.
        public let plan: PolicyPlan
    }

    /// What differs, with what would be lost counted. Changes nothing.
    ///
    /// - Throws: ``SchemaError`` for a database that is not migrated, or ``PostgresError``.
    public func plan() async throws -> Planned {
        try await onDatabase { connection in
            if let complaint = try SchemaState.read(connection).complaint { throw SchemaError(complaint) }
            var observed = try ObservedDatabase(connection)
            try observed.advise(connection, for: declared)
            try observed.measure(connection, for: declared)
            return Planned(edition: observed.edition, plan: .between(declared, observed))
        }
    }

    /// Makes the changes of a plan.
    ///
    /// - Parameters:
    ///   - mayDrop: whether changes that drop data are made as well.
    ///   - report: called after each change, on another thread.
    /// - Returns: what became of each, in the plan's order.
    public func apply(
        _ plan: PolicyPlan, mayDrop: Bool, report: @escaping @Sendable (PolicyOutcome) -> Void = { _ in }
    ) async throws -> [PolicyOutcome] {
        try await onDatabase { connection in
            if let complaint = try WriteObstacle.read(connection) { throw SchemaError(complaint) }
            let limits = PolicyExecutor.Limits(lock: .seconds(30), statement: .seconds(3_000))
            return try PolicyExecutor(connection, limits: limits).run(
                plan.changes,
                unless: { $0.dropsData && !mayDrop ? "it drops data: say yes, or give --yes" : nil },
                report: report)
        }
    }

    /// Computes a window of an aggregate, and of the one it is made from, anew from the rows there are.
    ///
    /// - Parameters:
    ///   - from: its first moment, as PostgreSQL reads it; nil for the oldest row.
    ///   - to: its end; nil, and an end later than the declared ``AggregatePolicy/refreshEnd`` allows, for the
    ///     latest that it allows.
    /// - Returns: where the window ended, as PostgreSQL writes a time; nil if there was nothing to compute.
    /// - Throws: ``SchemaError`` for a database that is not migrated, or ``PostgresError``.
    public func refresh(_ aggregate: Aggregate, from: String?, to: String?) async throws -> String? {
        try await onDatabase { connection in
            if let complaint = try WriteObstacle.read(connection) { throw SchemaError(complaint) }
            // TimescaleDB lets the owner alone do it.
            if let owner = try SchemaOwner.read(connection), !owner.isUser, owner.isOpen {
                try connection.execute("SET ROLE \(PostgresIdentifier.quoted(owner.name))")
            }
            return try AggregateRefresher(connection).refreshWindow(
                aggregate, from: from, to: to, declared: declared)
        }
    }

    private func onDatabase<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive { [url] in
            var options = PostgresConnection.Options()
            options.applicationName = "hyperstep-collector policies"
            // Rows are counted, and aggregates made, of tables of any size.
            options.operationTimeout = .seconds(3_600)
            return try body(PostgresConnection(url, options: options))
        }
    }
}

/// A database that this collector cannot work with now.
public struct SchemaError: Error, Sendable, CustomStringConvertible {
    /// What to do.
    public let description: String

    init(_ complaint: String) { description = complaint }
}
