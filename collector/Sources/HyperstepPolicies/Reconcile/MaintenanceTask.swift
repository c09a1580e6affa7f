import HyperstepPostgres

/// What the collector does on a schedule, where the edition has no jobs or the scheduler does not run them.
struct MaintenanceTask {
    /// As `retention training_metrics`; the key in `hyperstep_internal.maintenance`.
    let name: String
    let every: PolicyDuration
    /// Relations that have to be as declared before it is done: what sums up the rows it drops.
    let follows: Set<String>
    /// The tasks without whose success it is not done.
    let after: Set<String>
    /// Whether somebody else does it at this moment: then it is put off.
    var isHeld = false
    /// Does it once, as long as the second parameter says so; returns what it did, for the log, or nil for nothing.
    let run: (PostgresConnection, () -> Bool) throws(PostgresError) -> String?

    /// All that is declared, in the order in which it is done: what rows are summed up to is brought up to date
    /// before they are dropped.
    static func all(_ declared: PolicySet) -> [MaintenanceTask] {
        Hypertable.allCases.compactMap { refresh($0, declared) }
            + Hypertable.allCases.compactMap { table in
                let follows = Aggregate.allCases.filter { $0.hypertable == table }.map(\.name)
                return declared[table].retention.map {
                    retention(table.name, of: table, $0, declared, Set(follows))
                }
            }
            + Aggregate.allCases.compactMap { aggregate in
                let follows = Aggregate.allCases.filter { $0.base == aggregate }.map(\.name)
                return declared[aggregate].retention.map {
                    retention(aggregate.name, of: aggregate.hypertable, $0, declared, Set(follows))
                }
            }
    }

    private static func refreshName(_ source: Hypertable) -> String { "refresh \(source.name)" }

    private static func refresh(_ source: Hypertable, _ declared: PolicySet) -> MaintenanceTask? {
        let aggregates = Aggregate.allCases.filter { $0.hypertable == source }
        guard let every = aggregates.map({ declared[$0].refreshEvery }).min() else { return nil }
        let end = aggregates.map { declared[$0].refreshEnd }.min()
        return MaintenanceTask(
            name: refreshName(source), every: every, follows: [], after: []
        ) {
            connection, goesOn throws(PostgresError) in
            let minutes = try AggregateRefresher(connection).refresh(source, olderThan: end, while: goesOn)
            return minutes == 0 ? nil : "\(minutes) minutes of runs or models"
        }
    }

    private static func retention(
        _ relation: String, of source: Hypertable, _ age: PolicyDuration, _ declared: PolicySet,
        _ follows: Set<String>
    ) -> MaintenanceTask {
        MaintenanceTask(
            name: "retention \(relation)", every: age.checkedEvery, follows: follows,
            after: [refreshName(source)]
        ) {
            connection, goesOn throws(PostgresError) in
            // In the transaction of the drop: aggregates keep what they have of the rows that go.
            let before =
                AggregateSQL.setInputRetention(declared) + [
                    "SELECT hyperstep_internal.note_dropped('\(relation)', now() - \(age.sql))"
                ]
            return try drop(relation, olderThan: age, before: before, connection, goesOn)
        }
    }

    /// Drops chunks some at a time, so that no transaction locks many of them or any of them for long.
    ///
    /// - Parameter before: statements that begin each transaction.
    static func drop(
        _ relation: String, olderThan age: PolicyDuration, before: [String] = [],
        _ connection: PostgresConnection,
        _ goesOn: () -> Bool
    ) throws(PostgresError) -> String? {
        var chunks: Int64 = 0
        while goesOn() {
            let dropped = try connection.transaction("BEGIN; SET LOCAL lock_timeout = '1s'") {
                () throws(PostgresError) in
                for statement in before { try connection.execute(statement) }
                let row = try connection.query(PolicyStatement.dropChunks(relation, olderThan: age))
                return row.int64(0, 0) ?? 0
            }
            chunks += dropped
            if dropped == 0 { break }
        }
        return chunks == 0 ? nil : "\(chunks) chunks dropped"
    }
}
