public import HyperstepPostgres

extension ObservedDatabase {
    /// Measures the rate of rows where a chunk interval is declared `auto`; see ``ChunkAdvice``.
    public mutating func advise(
        _ connection: PostgresConnection, for declared: PolicySet
    ) throws(PostgresError) {
        guard hypertables.keys.contains(where: { declared[$0].chunkInterval == .auto }) else { return }
        take(try ChunkAdvice.measure(connection).compactMapValues(\.interval))
    }

    /// Takes intervals that were advised.
    mutating func take(_ advice: [Hypertable: PolicyDuration]) {
        for (hypertable, interval) in advice {
            hypertables[hypertable]?.advisedChunkInterval = interval
        }
    }
}
