import HyperstepCollector
import HyperstepPostgres
import TestDatabases
import Testing

@testable import HyperstepPolicies

@Suite(
    "Doctor on a real database",
    .needsDatabase, .mayBlock)
struct DoctorTests {
    private static let community = TestEdition.all.filter { $0.name == "community" }

    private func doctor(_ policies: PolicySet = .standard) -> Doctor {
        Doctor(
            policies: policies,
            schema: { connection throws(PostgresError) in try SchemaState.read(connection).complaint },
            drift: { connection throws(PostgresError) in
                PolicyPlan.between(policies, try ObservedDatabase(connection)).changes.map(\.description)
            })
    }

    private func found(
        _ check: String, _ connection: PostgresConnection, _ policies: PolicySet = .standard
    ) -> [Finding] {
        doctor(policies).examine(connection).findings.filter { $0.check == check }
    }

    private func withSchema(
        _ edition: TestEdition, _ body: (PostgresConnection, TestDatabase) throws -> Void
    ) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            try body(connection, database)
        }
    }

    @Test(
        "A fresh schema has nothing worse than the server's settings, and every check was made",
        arguments: TestEdition.all)
    func healthy(edition: TestEdition) throws {
        try withSchema(edition) { connection, _ in
            try apply(connection)
            let report = doctor().examine(connection)
            // How the server is set, and how the jobs fare that it has begun by now, is not ours to judge here.
            let server: Set = [
                "memory", "background-workers", "durability", "statistics", "extension-update", "end-of-line",
                "jobs",
            ]
            let data = report.findings.filter { !server.contains($0.check) }
            #expect(data.allSatisfy { $0.level < .warning }, "\(report.text)")
            let made = Set(report.findings.map(\.check))
            let expected: Set = [
                "postgresql", "timescaledb", "memory", "durability", "disk", "clock", "schema", "permissions",
                "rejects",
                "drops", "locks", "chunks",
            ]
            #expect(made.isSuperset(of: expected), "\(expected.subtracting(made))")
            #expect(made.contains("compression") == (edition.name == "apache"))
        }
    }

    @Test(
        "A database without the extension, and one without the schema, is told what to run",
        .needsNewestTimescaleDB,
        arguments: TestEdition.all)
    func bare(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            let report = doctor().examine(connection)
            #expect(!report.isHealthy)
            #expect(
                report.findings.contains {
                    $0.check == "timescaledb" && $0.remedy?.contains("migrate") == true
                })
            try connection.execute("CREATE EXTENSION timescaledb")
            #expect(found("schema", connection).map(\.level) == [.error])
            #expect(found("schema", connection).first?.what.contains("migrate") == true)
            #expect(!doctor().examine(connection).findings.contains { $0.what.contains("not looked at") })
        }
    }

    @Test("A server that went away is one error", arguments: TestEdition.all)
    func gone(edition: TestEdition) throws {
        try withSchema(edition) { connection, database in
            try database.connect().execute("SELECT pg_terminate_backend(\(connection.serverProcess))")
            let report = doctor().examine(connection)
            #expect(report.findings.map(\.level) == [.error])
        }
    }

    @Test("Refused batches and drops are counted", arguments: TestEdition.all)
    func ledger(edition: TestEdition) throws {
        try withSchema(edition) { connection, _ in
            try connection.execute(
                """
                INSERT INTO ingest_rejects (received, stream_id, first_position, position_count, reason, sqlstate, batch)
                SELECT timestamptz '2026-01-02 03:04:05Z', gen_random_uuid(), 0, 1, 'why', '22000', '\\x00'
                FROM generate_series(1, 3);
                INSERT INTO ingest_streams (stream_id, dropped) VALUES (gen_random_uuid(), 40), (gen_random_uuid(), 2);
                """)
            let rejects = try #require(found("rejects", connection).first)
            #expect(rejects.level == .warning)
            #expect(rejects.what.hasPrefix("3 batches") && rejects.what.contains("2026-01-02T03:04:05Z"))
            let drops = try #require(found("drops", connection).first)
            #expect(drops.level == .warning && drops.what.hasPrefix("2 streams dropped 42 records"))
        }
    }

    @Test("A permission that is taken away is named", arguments: TestEdition.all)
    func permissions(edition: TestEdition) throws {
        try withSchema(edition) { connection, _ in
            try connection.execute("REVOKE INSERT ON training_metrics FROM CURRENT_USER")
            try connection.execute("REVOKE UPDATE ON ingest_streams FROM CURRENT_USER")
            let finding = try #require(found("permissions", connection).first)
            #expect(finding.level == .error)
            #expect(finding.what.contains("INSERT on public.training_metrics"))
            #expect(finding.what.contains("UPDATE on public.ingest_streams"))
            try connection.execute("REVOKE SELECT ON ingest_rejects FROM CURRENT_USER")
            let ledger = try #require(found("ledger", connection).first)
            #expect(ledger.level == .warning && ledger.what.contains("not looked at"))
        }
    }

    @Test("Old chunks that are not dropped, where a retention is declared", arguments: TestEdition.all)
    func retention(edition: TestEdition) throws {
        try withSchema(edition) { connection, _ in
            try connection.execute(
                """
                INSERT INTO run_metrics (time, run_id, metric_id, step, value)
                SELECT now() - i * interval '1 day', gen_random_uuid(), 1, 1, 1 FROM generate_series(0, 9) i
                """)
            var policies = PolicySet.standard
            policies.hypertables[.runMetrics]?.retention = .days(4)
            policies.hypertables[.runMetrics]?.compressAfter = nil
            let finding = try #require(found("retention", connection, policies).first)
            #expect(
                finding.level == .warning
                    && finding.what.contains("chunks of run_metrics are older than 4 days"))
            try connection.execute("SELECT drop_chunks('run_metrics', interval '4 days')")
            #expect(found("retention", connection, policies).isEmpty)
        }
    }

    @Test("Old chunks that are not compressed, until they are", arguments: community)
    func compression(edition: TestEdition) throws {
        try withSchema(edition) { connection, _ in
            try connection.execute(
                """
                INSERT INTO training_metrics (time, model_id, run_id, epoch, batch, step)
                SELECT now() - interval '3 days' - i * interval '1 hour', gen_random_uuid(), gen_random_uuid(), 0, 0, 0
                FROM generate_series(1, 5) i
                """)
            let finding = try #require(found("compression", connection).first)
            #expect(finding.level == .warning && finding.what.hasPrefix("5 chunks of training_metrics"))
            try connection.execute(
                """
                ALTER TABLE training_metrics SET (timescaledb.enable_columnstore,
                    timescaledb.segmentby = 'model_id, run_id', timescaledb.orderby = 'time desc');
                DO $$ DECLARE c regclass; BEGIN
                FOR c IN SELECT show_chunks('training_metrics') LOOP CALL convert_to_columnstore(c); END LOOP; END $$;
                """)
            #expect(found("compression", connection).isEmpty)
            #expect(found("chunks", connection).map(\.level) == [.ok])
        }
    }

    @Test("Many chunks with next to nothing in them", arguments: TestEdition.all)
    func smallChunks(edition: TestEdition) throws {
        try withSchema(edition) { connection, _ in
            try connection.execute(
                """
                INSERT INTO training_metrics (time, model_id, run_id, epoch, batch, step)
                SELECT now() - i * interval '2 hours', gen_random_uuid(), gen_random_uuid(), 0, 0, 0
                FROM generate_series(1, 101) i
                """)
            let finding = try #require(found("small-chunks", connection).first)
            #expect(
                finding.level == .warning
                    && finding.what.contains("of training_metrics hold fewer than 1.00 K"))
            #expect(finding.remedy?.contains("7 days") == true)
        }
    }

    @Test("A job that fails, and one that is paused", .timeLimit(.minutes(20)), arguments: community)
    func jobs(edition: TestEdition) throws {
        try withSchema(edition) { connection, _ in
            try connection.execute(
                """
                CREATE PROCEDURE failing(job_id integer, config jsonb) LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'as it was told to'; END $$;
                SELECT add_job('failing', interval '1 hour', initial_start => now());
                """)
            // The database's scheduler has to come round.
            var failure: Finding?
            for _ in 0..<3_000 where failure == nil {
                failure = found("jobs", connection).first { $0.what.hasPrefix("failing") }
                _ = try connection.query("SELECT pg_sleep(0.2)")
            }
            #expect(failure?.level == .warning)
            #expect(failure?.what.contains("failed when it last ran") == true)
            try connection.execute(
                """
                SELECT delete_job(job_id) FROM timescaledb_information.jobs WHERE proc_name = 'failing';
                SELECT add_retention_policy('run_metrics', interval '30 days');
                SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs
                WHERE proc_name = 'policy_retention';
                """)
            let paused = try #require(found("jobs", connection).first)
            #expect(paused.level == .warning)
            #expect(paused.what.hasPrefix("retention of run_metrics") && paused.what.hasSuffix("is paused"))
        }
    }

    @Test("What the collector did itself is judged like a job", arguments: TestEdition.all)
    func maintenance(edition: TestEdition) throws {
        try withSchema(edition) { connection, _ in
            try connection.execute(
                """
                INSERT INTO hyperstep_internal.maintenance (task, last_start, last_success, last_error, runs, failures,
                    next_start)
                VALUES ('retention training_metrics', now(), now() - interval '1 day', 'no such chunk', 5, 1, now()),
                       ('retention run_metrics', now() - interval '1 day', now() - interval '1 day', NULL, 5, 0,
                        now() - interval '23 hours')
                """)
            let findings = found("jobs", connection).filter { $0.what.hasPrefix("retention") }
            #expect(findings.map(\.level).sorted() == [.warning, .error])
            let failed = try #require(findings.first { $0.level == .error })
            #expect(failed.what.contains("training_metrics") && failed.what.contains("no such chunk"))
            let late = try #require(findings.first { $0.level == .warning })
            #expect(late.remedy?.contains("serve") == true)
        }
    }

    @Test("An aggregate that nobody refreshes lags", arguments: community)
    func lag(edition: TestEdition) throws {
        try withSchema(edition) { connection, _ in
            try connection.execute("DROP MATERIALIZED VIEW IF EXISTS run_metrics_hourly")
            try connection.execute(
                """
                INSERT INTO run_metrics (time, run_id, metric_id, step, value)
                SELECT now() - i * interval '1 hour', gen_random_uuid(), 1, 1, 1 FROM generate_series(0, 9) i;
                CREATE MATERIALIZED VIEW run_metrics_hourly WITH (timescaledb.continuous) AS
                SELECT time_bucket('1 hour', time) AS bucket, run_id, count(*) FROM run_metrics GROUP BY 1, 2 WITH NO DATA
                """)
            let finding = try #require(found("lag", connection).first)
            #expect(
                finding.level == .warning
                    && finding.what.hasPrefix("run_metrics_hourly is not computed at all"))
            try connection.execute("CALL refresh_continuous_aggregate('run_metrics_hourly', NULL, NULL)")
            #expect(found("lag", connection).filter { $0.what.hasPrefix("run_metrics_hourly") }.isEmpty)
        }
    }

    @Test("A clock that is off, the database's or ours", arguments: TestEdition.all)
    func clock(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            var doctor = Doctor(policies: .standard)
            let real = doctor.clock
            doctor.clock = { real() - 90 }
            let finding = try #require(
                doctor.examine(connection).findings.first { $0.check == "clock" })
            #expect(finding.level == .warning && finding.what.contains("90 s ahead of"))
        }
    }

    @Test("A policy that is taken away, and one that is not declared", arguments: TestEdition.all)
    func drift(edition: TestEdition) throws {
        try withSchema(edition) { connection, _ in
            try apply(connection)
            #expect(found("drift", connection).map(\.level) == [.ok])
            try connection.execute("SELECT set_chunk_time_interval('training_metrics', interval '3 hours')")
            let finding = try #require(found("drift", connection).first)
            #expect(finding.level == .warning)
            #expect(finding.what.hasPrefix("training_metrics.chunk_interval: 3 hours"))
            #expect(finding.remedy?.contains("policies apply") == true)
        }
    }

    /// Brings the database to the standard policies.
    private func apply(_ connection: PostgresConnection) throws {
        let plan = PolicyPlan.between(.standard, try ObservedDatabase(connection))
        let limits = PolicyExecutor.Limits(lock: .seconds(30), statement: .seconds(60))
        let outcomes = try PolicyExecutor(connection, limits: limits).run(plan.changes)
        #expect(outcomes.allSatisfy { $0.result == .done })
    }
}
