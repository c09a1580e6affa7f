public import HyperstepPostgres

/// Makes the aggregates that a migrated database lacks, as declared.
public struct MissingAggregates {
    private let connection: PostgresConnection

    /// For the owner of the tables; nobody else may use `connection` meanwhile.
    public init(_ connection: PostgresConnection) { self.connection = connection }

    /// Makes them; changes nothing the second time, and nothing of those that are there.
    ///
    /// - Returns: those made.
    /// - Throws: ``PostgresError`` of the first that cannot be made.
    public func make(_ declared: PolicySet) throws(PostgresError) -> [Aggregate] {
        // Another collector may make the same ones at the same time: then it is looked at again.
        for attempt in 1... {
            let observed = try ObservedDatabase(connection)
            let missing = Aggregate.allCases.filter { observed.aggregates[$0] == nil }
            let changes = PolicyPlan.between(declared, observed).changes.filter { change in
                change.from == PolicyChange.missing && missing.contains { $0.name == change.relation }
            }
            let limits = PolicyExecutor.Limits(lock: .seconds(60), statement: .seconds(3_000))
            let outcomes = try PolicyExecutor(connection, limits: limits).run(changes)
            guard let error = outcomes.compactMap(\.error).first else {
                return outcomes.compactMap { Aggregate(rawValue: $0.change.relation) }
            }
            // XX000: a grant meets a chunk that a job is working on.
            let isTaken = ["42P07", "42710", "23505", "XX000"].contains(error.code)
            guard isTaken || error.kind == .retryable, attempt < 3 else { throw error }
        }
        return []
    }
}

extension PolicyOutcome {
    fileprivate var error: PostgresError? {
        if case .failed(let error) = result { error } else { nil }
    }
}
