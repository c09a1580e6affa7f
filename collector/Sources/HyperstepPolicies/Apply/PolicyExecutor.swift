public import HyperstepPostgres

/// Makes changes, one transaction each, and goes on after one that fails.
public struct PolicyExecutor {
    /// Longest waits of one change, so that what runs beside it is not held up.
    public struct Limits: Sendable {
        /// For a lock: who comes after it in the queue waits as long.
        public var lock: Duration
        /// For a statement.
        public var statement: Duration

        /// Both.
        public init(lock: Duration, statement: Duration) {
            self.lock = lock
            self.statement = statement
        }
    }

    private let connection: PostgresConnection
    private let limits: Limits

    /// An executor that uses `connection`, which nobody else may use meanwhile.
    public init(_ connection: PostgresConnection, limits: Limits) {
        self.connection = connection
        self.limits = limits
    }

    /// Makes `changes` in their order.
    ///
    /// - Parameters:
    ///   - refusal: why a change is not to be made; nil if it is.
    ///   - report: called after each change.
    /// - Returns: all outcomes.
    /// - Throws: ``PostgresError`` of kind `connectionLost`; the change under way may or may not be made.
    @discardableResult
    public func run(
        _ changes: [PolicyChange], unless refusal: (PolicyChange) -> String? = { _ in nil },
        report: (PolicyOutcome) -> Void = { _ in }
    ) throws(PostgresError) -> [PolicyOutcome] {
        var outcomes: [PolicyOutcome] = []
        var notDone: [String: String] = [:]
        var made: Set<[String]> = []
        for change in changes {
            let result: PolicyOutcome.Result
            if let before = change.follows.sorted().compactMap({ notDone[$0] }).first {
                result = .skipped("\(before) comes before it")
            } else if let reason = refusal(change) {
                result = .skipped(reason)
            } else if made.contains(change.sql) {
                // Two keys that one statement sets.
                result = .done
            } else {
                result = try attempt(change)
            }
            if result == .done {
                made.insert(change.sql)
            } else {
                notDone[change.relation] = "\(change.relation).\(change.setting)"
            }
            outcomes.append(PolicyOutcome(change, result))
            report(outcomes[outcomes.count - 1])
        }
        return outcomes
    }

    private func attempt(_ change: PolicyChange) throws(PostgresError) -> PolicyOutcome.Result {
        do {
            try connection.transaction(
                """
                BEGIN; SET LOCAL lock_timeout = \(limits.lock.milliseconds);
                SET LOCAL statement_timeout = \(limits.statement.milliseconds)
                """
            ) { () throws(PostgresError) in
                if change.needsOwner { try becomeOwner() }
                for statement in change.sql { try connection.execute(statement) }
            }
            return .done
        } catch {
            guard !error.endsSession else { throw error }
            return .failed(error)
        }
    }

    /// Until the end of the transaction. What is made has to belong to the owner of the schema, whichever of its
    /// members makes it; one change at a time, so that two collectors do not make the same thing half each.
    private func becomeOwner() throws(PostgresError) {
        let owner = try connection.query(
            "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'hyperstep_internal'")
        if owner.count == 1, let name = owner.text(0, 0) { try connection.execute("SET LOCAL ROLE \(name)") }
        _ = try connection.query("SELECT pg_advisory_xact_lock($1)", [.int64(Self.ownerLock)])
    }

    /// "hyperown" in ASCII.
    private static let ownerLock: Int64 = 0x6879_7065_726F_776E
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
}
