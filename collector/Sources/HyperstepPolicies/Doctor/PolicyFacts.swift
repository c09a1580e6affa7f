import HyperstepPostgres

/// What chunks, jobs and aggregates say about how policies are kept.
struct PolicyFacts {
    private let status: DatabaseStatus
    private let catalog: ChunkCatalog
    private let rows: [Hypertable: [Double]]
    private let locks: (perTransaction: Int, transactions: Int)

    init(_ connection: PostgresConnection) throws(PostgresError) {
        catalog = try ChunkCatalog(connection)
        status = try DatabaseStatus(connection, catalog)
        var rows: [Hypertable: [Double]] = [:]
        for hypertable in Hypertable.allCases {
            let complete = (catalog.chunks[hypertable.name] ?? []).filter { [now = status.now] in
                $0.end <= now
            }
            rows[hypertable] = try RowEstimate(complete, connection).rows(complete)
        }
        self.rows = rows
        let settings = try connection.query(
            """
            SELECT current_setting('max_locks_per_transaction')::int8,
                   current_setting('max_connections')::int8 + current_setting('max_prepared_transactions')::int8
            """)
        locks = (Int(settings.int64(0, 0) ?? 64), Int(settings.int64(0, 1) ?? 100))
    }

    func findings(_ policies: PolicySet) -> [Finding] {
        var found = LocksCheck(
            perTransaction: locks.perTransaction, transactions: locks.transactions,
            chunks: catalog.chunks.values.map(\.count).max() ?? 0
        ).findings
        found += JobsCheck(jobs: status.jobs, now: status.now).findings
        let overdue = overdue(policies)
        found += overdue
        if overdue.isEmpty { found.append(Finding(.ok, "chunks", "compressed and dropped as declared")) }
        for hypertable in status.hypertables {
            found +=
                SmallChunksCheck(
                    relation: hypertable.hypertable.name, rows: rows[hypertable.hypertable] ?? [],
                    advised: hypertable.advice.interval
                ).findings
        }
        found += LagCheck(aggregates: status.aggregates, policies: policies).findings
        return found + AheadCheck(aggregates: status.aggregates, now: status.now).findings
    }

    private func overdue(_ policies: PolicySet) -> [Finding] {
        let declared =
            Hypertable.allCases.map { ($0.name, policies[$0].compressAfter, policies[$0].retention) }
            + Aggregate.allCases.map { ($0.name, policies[$0].compressAfter, policies[$0].retention) }
        return declared.flatMap { name, compressAfter, retention in
            let chunks = catalog.chunks[name] ?? []
            let compression = CompressionCheck(
                relation: name, compressAfter: status.edition == .apache ? nil : compressAfter,
                chunks: chunks,
                now: status.now)
            let dropping = RetentionCheck(
                relation: name, retention: retention, chunks: chunks, now: status.now)
            return compression.findings + dropping.findings
        }
    }
}
