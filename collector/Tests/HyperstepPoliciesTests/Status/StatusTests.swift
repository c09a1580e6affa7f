import HyperstepCollector
import HyperstepPostgres
import TestDatabases
import Testing

@testable import HyperstepPolicies

@Suite(
    "Status of a real database",
    .needsDatabase, .mayBlock)
struct StatusTests {
    /// Rows of one run, `seconds` apart, the newest one an hour ago.
    private func insert(
        _ count: Int, every seconds: Double, _ connection: PostgresConnection, before age: String = "1 hour"
    ) throws {
        try connection.execute(
            """
            INSERT INTO training_metrics (time, model_id, run_id, epoch, batch, loss, step)
            SELECT date_trunc('hour', now()) - interval '\(age)' - i * interval '\(seconds) seconds',
                   '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002', 0, i, i, i
            FROM generate_series(1, \(count)) i
            """)
    }

    @Test("An empty schema has hypertables without rows, and says so", arguments: TestEdition.all)
    func empty(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            let status = try DatabaseStatus(connection)
            #expect(status.edition.rawValue == edition.name)
            #expect(status.hypertables.map(\.hypertable) == Hypertable.allCases)
            #expect(status.hypertables.allSatisfy { $0.volume == ChunkVolume() && $0.newest == nil })
            #expect(status.hypertables.allSatisfy { $0.advice.interval == nil })
            #expect(status.notes.isEmpty == (edition.name == "community"))
            #expect(status.text.contains("compression is not available") == (edition.name == "apache"))
            #expect(status.text.split(separator: "\n").allSatisfy { $0.count <= 120 })
        }
    }

    @Test(
        "A database without Hyperstep's schema, and one without TimescaleDB's rows, is not an error",
        .needsNewestTimescaleDB,
        arguments: TestEdition.all)
    func bare(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            try connection.execute("CREATE EXTENSION timescaledb")
            let status = try DatabaseStatus(connection)
            #expect(status.hypertables.isEmpty)
            #expect(status.text.contains("run hyperstep-collector migrate"))
        }
    }

    @Test("Rows, chunks, span and advice are those of the rows", arguments: TestEdition.all)
    func rows(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            try insert(100_000, every: 1.8, connection)
            let status = try DatabaseStatus(connection)
            let training = try #require(status.hypertables.first)
            #expect(training.volume.chunks == 50 || training.volume.chunks == 51)
            #expect(abs(training.volume.rows - 100_000) < 1_000, "never analyzed: first pages tell")
            try connection.execute("ANALYZE training_metrics")
            let analyzed = try #require(try DatabaseStatus(connection).hypertables.first)
            #expect(abs(analyzed.volume.rows - 100_000) < 1_000)
            let newest = try #require(training.newest)
            let oldest = try #require(training.oldest)
            #expect(abs(newest - oldest - 99_999 * 1.8) < 0.01 && training.isSpanExact)
            // 2,000 rows a chunk: 500,000 take 250 hours, and there are 50 of them.
            #expect(
                training.advice.verdict == .tooLittleData("7 days would do, once there are rows of 7 days"))
            #expect(abs((training.advice.rowsPerChunk ?? 0) - 2_000) < 100)
        }
    }

    @Test(
        "Advice that is set leads to no more advice, and to chunks of the size aimed at",
        arguments: TestEdition.all)
    func advised(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            try connection.execute("SELECT set_chunk_time_interval('training_metrics', interval '5 minutes')")
            try insert(200_000, every: 0.003, connection)
            let second = try #require(try ChunkAdvice.measure(connection)[.trainingMetrics])
            #expect(second.verdict == .fits)
            try connection.execute("SELECT set_chunk_time_interval('training_metrics', interval '1 hour')")
            let third = try #require(try ChunkAdvice.measure(connection)[.trainingMetrics])
            let interval = try #require(third.interval)
            #expect(interval == .minutes(20) || interval == .minutes(30))
            try connection.execute(
                "SELECT set_chunk_time_interval('training_metrics', \(interval.sql))")
            #expect(try ChunkAdvice.measure(connection)[.trainingMetrics]?.verdict == .fits)
        }
    }

    @Test(
        "Compression shows bytes before and after, for what direct compress wrote too",
        .needsNewestTimescaleDB,
        arguments: TestEdition.all.filter { $0.name == "community" })
    func compression(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            try connection.execute(
                """
                ALTER TABLE training_metrics SET (timescaledb.enable_columnstore,
                    timescaledb.segmentby = 'model_id, run_id', timescaledb.orderby = 'time desc')
                """)
            try insert(50_000, every: 0.3, connection)
            try connection.execute(
                """
                DO $$ DECLARE c regclass; BEGIN
                FOR c IN SELECT show_chunks('training_metrics') LOOP CALL convert_to_columnstore(c); END LOOP; END $$
                """)
            var training = try #require(try DatabaseStatus(connection).hypertables.first)
            #expect(training.volume.compressedChunks == training.volume.chunks)
            #expect(training.volume.rows == 50_000)
            #expect(!training.volume.isBeforeEstimated)
            #expect(try #require(training.volume.ratio) > 2)
            let stats = try connection.query(
                "SELECT before_compression_total_bytes FROM hypertable_columnstore_stats('training_metrics')")
            #expect(training.volume.bytesBefore == stats.int64(0, 0))

            try connection.execute("SET timescaledb.enable_direct_compress_insert = on")
            try insert(50_000, every: 0.3, connection, before: "48 hours")
            training = try #require(try DatabaseStatus(connection).hypertables.first)
            #expect(training.volume.rows == 100_000)
            #expect(training.volume.isBeforeEstimated)
            #expect(try #require(training.volume.ratio) > 2)

            try connection.execute("SET timescaledb.enable_direct_compress_insert = off")
            try insert(1_000, every: 0.3, connection, before: "48 hours")
            training = try #require(try DatabaseStatus(connection).hypertables.first)
            #expect(abs(training.volume.rows - 101_000) < 100, "late rows beside compressed ones")
        }
    }

    @Test(
        "A continuous aggregate shows how far it is computed and its lag",
        arguments: TestEdition.all.filter { $0.name == "community" })
    func aggregate(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            try insert(7_200, every: 1, connection)
            try connection.execute(
                "DROP MATERIALIZED VIEW IF EXISTS run_metrics_hourly, training_metrics_hourly")
            try connection.execute(
                """
                CREATE MATERIALIZED VIEW training_metrics_hourly
                WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
                SELECT time_bucket('1 hour', time) AS bucket, run_id, count(*) FROM training_metrics GROUP BY 1, 2
                WITH NO DATA
                """)
            func hourly() throws -> AggregateStatus {
                try #require(
                    try DatabaseStatus(connection).aggregates.first { $0.aggregate == .trainingMetricsHourly }
                )
            }
            var status = try hourly()
            #expect(status.kind == .continuous && status.bucket == .hours(1) && status.isRealTime)
            #expect(status.computedUntil == nil)
            #expect(abs(try #require(status.lag) - 7_199) < 1)
            try connection.execute(
                """
                SELECT add_continuous_aggregate_policy('training_metrics_hourly', start_offset => NULL,
                    end_offset => interval '1 hour', schedule_interval => interval '10 minutes')
                """)
            try connection.execute("CALL refresh_continuous_aggregate('training_metrics_hourly', NULL, NULL)")
            status = try hourly()
            #expect(status.lag == 0)
            #expect(status.volume.rows == 2)
            let job = try #require(try DatabaseStatus(connection).jobs.first { $0.task == "refresh" })
            #expect(job.relation == "training_metrics_hourly" && job.every == 600)
            #expect(try DatabaseStatus(connection).text.contains("training_metrics_hourly"))
        }
    }

    @Test(
        "What was never rows is compared with the rows it would have been",
        .needsNewestTimescaleDB,
        arguments: TestEdition.all.filter { $0.name == "community" })
    func directOnly(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            try connection.execute(
                """
                ALTER TABLE training_metrics SET (timescaledb.enable_columnstore,
                    timescaledb.segmentby = 'model_id, run_id', timescaledb.orderby = 'time desc')
                """)
            try connection.execute("SET timescaledb.enable_direct_compress_insert = on")
            try insert(50_000, every: 0.3, connection)
            let direct = try #require(try DatabaseStatus(connection).hypertables.first).volume
            #expect(direct.compressedChunks == direct.chunks && direct.isBeforeEstimated)
            try connection.execute(
                "TRUNCATE training_metrics; SET timescaledb.enable_direct_compress_insert = off")
            try insert(50_000, every: 0.3, connection)
            let plain = try #require(try DatabaseStatus(connection).hypertables.first).volume
            let estimated = Double(try #require(direct.bytesBefore))
            #expect(
                abs(estimated / Double(plain.totalBytes) - 1) < 0.25, "\(estimated) of \(plain.totalBytes)")
        }
    }
}
