import HyperstepPostgres

/// The tables that rows are copied into, always in the same order, so that two writers which make chunks of
/// several tables do not wait for each other in a circle.
struct TableWriters: ~Copyable {
    private var trainingMetrics = TableWriter<TrainingStepsCopy>()

    /// Makes what the rows of `group` refer to, before its transaction begins.
    mutating func prepare(
        _ group: [PendingBatch], on connection: PostgresConnection
    ) throws(PostgresError) {
        try trainingMetrics.prepare(group, on: connection)
    }

    /// Begins a transaction.
    mutating func begin(_ settings: WriterSettings, _ facts: WriteFacts) {
        trainingMetrics.begin(settings, facts)
    }

    /// How far the rows of a batch may be written in this transaction: the first that touches a chunk too
    /// many, or their end.
    mutating func admit(_ batch: PendingBatch, _ rows: Range<Int>) -> Int {
        min(rows.upperBound, trainingMetrics.admit(batch, rows))
    }

    /// Copies the rows into their tables.
    mutating func write(
        _ writes: [BatchRows], in session: DatabaseSession
    ) throws(PostgresError) -> CopyReport {
        var report = CopyReport()
        try trainingMetrics.write(writes, in: session, &report)
        return report
    }
}
