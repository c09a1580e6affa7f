import HyperstepPostgres

/// The table that is written, as the database sees it.
struct BenchTable {
    private let connection: PostgresConnection

    init(database: String) throws { connection = try PostgresConnection(PostgresURL(database)) }

    /// Has no collector change policies while this connection lasts: what is measured stays as it was made.
    func keepPolicies() throws {
        // The lock of the one collector that keeps them (ReconcileLock in HyperstepPolicies).
        let taken = try connection.query("SELECT pg_try_advisory_lock(7528171833140473708)").bool(0, 0)
        guard taken == true else {
            throw BenchError(description: "somebody else keeps the policies of this database")
        }
    }

    func empty() throws { try connection.execute("TRUNCATE training_metrics") }

    /// On disk: rows, indexes, and what is compressed.
    func bytes() throws -> Int {
        Int(try connection.query("SELECT hypertable_size('training_metrics')").int64(0, 0) ?? 0)
    }

    /// Has the table take rows that are compressed on their way in.
    ///
    /// - Returns: whether the server can.
    func enableColumnstore() throws -> Bool {
        let server = try connection.query(
            """
            SELECT current_setting('timescaledb.license', true) = 'timescale'
                AND (SELECT string_to_array(extversion, '.')::int[] FROM pg_extension
                     WHERE extname = 'timescaledb') >= '{2,28,1}'
            """)
        guard server.bool(0, 0) == true else { return false }
        try connection.execute(
            """
            ALTER TABLE training_metrics SET (timescaledb.enable_columnstore,
                timescaledb.segmentby = 'model_id, run_id', timescaledb.orderby = 'time DESC')
            """)
        return true
    }

    var hasAggregates: Bool {
        get throws {
            try connection.query("SELECT to_regclass('public.training_metrics_minutely') IS NOT NULL")
                .bool(0, 0) ?? false
        }
    }

    /// Drops the aggregates of training steps, of either edition.
    func dropAggregates() throws {
        let isView = try connection.query(
            "SELECT to_regclass('hyperstep_internal.training_metrics_minutely') IS NOT NULL"
        ).bool(0, 0)
        guard isView == true else {
            return try connection.execute("DROP MATERIALIZED VIEW training_metrics_minutely CASCADE")
        }
        try connection.execute(
            """
            DROP VIEW IF EXISTS training_metrics_hourly, training_metrics_minutely CASCADE;
            DELETE FROM hyperstep_internal.kept_aggregates
                WHERE source = 'training_metrics' AND base IS NOT NULL;
            DELETE FROM hyperstep_internal.kept_aggregates WHERE source = 'training_metrics'
            """)
    }
}
