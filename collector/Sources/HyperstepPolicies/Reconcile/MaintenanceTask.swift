import HyperstepPostgres

/// What the collector does on a schedule where the edition has no jobs.
struct MaintenanceTask {
    /// As `retention training_metrics`; the key in `hyperstep_internal.maintenance`.
    let name: String
    let every: PolicyDuration
    /// Relations that have to be as declared before it is done: what sums up the rows it drops.
    let follows: Set<String>
    /// The task without whose success it is not done.
    let after: String?
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
            name: refreshName(source), every: every, follows: [], after: nil
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
            after: refreshName(source)
        ) {
            connection, _ throws(PostgresError) in
            // In the transaction of the drop: aggregates keep what they have of the rows that go.
            let statements =
                AggregateSQL.setInputRetention(declared) + [
                    "SELECT hyperstep_internal.note_dropped('\(relation)', now() - \(age.sql))"
                ]
            let chunks = try connection.transaction("BEGIN; SET LOCAL lock_timeout = '1s'") {
                () throws(PostgresError) in
                for statement in statements { try connection.execute(statement) }
                let row = try connection.query(PolicyStatement.dropChunks(relation, olderThan: age))
                return row.int64(0, 0) ?? 0
            }
            return chunks == 0 ? nil : "\(chunks) chunks dropped"
        }
    }
}
