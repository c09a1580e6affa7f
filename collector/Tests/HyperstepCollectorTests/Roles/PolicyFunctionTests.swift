import HyperstepPostgres
import TestDatabases
import Testing

@testable import HyperstepCollector

@Suite(
    "Functions that set policies",
    .needsDatabase, .mayBlock)
struct PolicyFunctionTests {
    private static let community = TestEdition.all.filter(\.isCommunity)
    private static let apache = TestEdition.all.filter { !$0.isCommunity }

    private func withDatabase(_ edition: TestEdition, _ body: (PostgresConnection) throws -> Void) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            if edition.isCommunity { try connection.execute(twoAggregates) }
            try body(connection)
        }
    }

    /// Kind, schedule and settings of each policy's job on a table of ours.
    private func jobs(_ connection: PostgresConnection) throws -> [String] {
        try connection.lines(
            """
            SELECT concat_ws(' ', proc_name, schedule_interval, config - '{hypertable_id,mat_hypertable_id}'::text[],
                             CASE WHEN NOT scheduled THEN 'stopped' END)
            FROM timescaledb_information.jobs WHERE job_id >= 1000 ORDER BY 1
            """)
    }

    @Test("Each sets its policy the first time, and nothing the second", arguments: TestEdition.all)
    func twice(edition: TestEdition) throws {
        try withDatabase(edition) { connection in
            for call in PolicyCalls.all(edition) {
                #expect(try connection.bool("hyperstep_internal." + call) == true, "\(call)")
                let before = try jobs(connection)
                #expect(try connection.bool("hyperstep_internal." + call) == false, "\(call) again")
                #expect(try jobs(connection) == before)
            }
            guard edition.isCommunity else { return }
            #expect(
                try jobs(connection) == [
                    #"policy_compression 01:00:00 {"compress_after": "30 days"}"#,
                    #"policy_refresh_continuous_aggregate 00:03:00 {"end_offset": "00:02:00", "start_offset": "2 days", "refresh_newest_first": false}"#,
                    #"policy_retention 01:00:00 {"drop_after": "90 days"}"#,
                ])
            #expect(
                try connection.lines(
                    """
                    SELECT concat_ws(' / ', hypertable, segmentby, orderby)
                    FROM timescaledb_information.hypertable_columnstore_settings
                    WHERE hypertable = 'latency_histogram'::regclass
                    """) == ["latency_histogram / model_id,endpoint,kind / bucket,\"time\" DESC"])
        }
    }

    @Test(
        "What was changed by hand is put right, and what is there twice is there once", arguments: community)
    func byHand(edition: TestEdition) throws {
        try withDatabase(edition) { connection in
            let wanted = [
                "set_columnstore('training_metrics', 'run_id', 'time desc')",
                "set_compression('training_metrics', '2 days')",
                "set_retention('training_metrics', '30 days')",
                "set_refresh('training_metrics_minutely', '1 day', '2 minutes', '2 minutes')",
            ]
            func apply() throws -> [Bool?] {
                try wanted.map { try connection.bool("hyperstep_internal." + $0) }
            }
            _ = try apply()
            let right = try jobs(connection)
            #expect(right.count == 3)
            let id = "(SELECT id FROM _timescaledb_catalog.hypertable WHERE table_name = 'training_metrics')"
            let aggregate =
                "(SELECT mat_hypertable_id FROM _timescaledb_catalog.continuous_agg WHERE user_view_name = 'training_metrics_minutely')"
            let every =
                "FROM timescaledb_information.jobs WHERE job_id >= 1000 AND proc_name = 'policy_retention'"
            let changes: [(String, [Bool?])] = [
                ("SELECT alter_job(job_id, scheduled => false) \(every)", [false, false, true, false]),
                (
                    "SELECT alter_job(job_id, schedule_interval => '1 week') \(every)",
                    [false, false, true, false]
                ),
                (
                    "SELECT alter_job(job_id, config => config || '{\"drop_after\": \"1 day\"}') \(every)",
                    [false, false, true, false]
                ),
                ("SELECT remove_retention_policy('training_metrics')", [false, false, true, false]),
                (
                    """
                    SELECT remove_retention_policy('training_metrics');
                    SELECT add_retention_policy('training_metrics', drop_created_before => INTERVAL '2 days')
                    """, [false, false, true, false]
                ),
                (
                    """
                    SELECT add_job('_timescaledb_functions.policy_retention', '1 day',
                                   config => jsonb_build_object('hypertable_id', \(id), 'drop_after', '1 hour'))
                    """, [false, false, true, false]
                ),
                (
                    """
                    SELECT add_job('_timescaledb_functions.policy_refresh_continuous_aggregate', '1 day', config =>
                               jsonb_build_object('mat_hypertable_id', \(aggregate), 'start_offset', '20 days',
                                                  'end_offset', '10 days'))
                    """, [false, false, false, true]
                ),
                (
                    """
                    SELECT remove_compression_policy('training_metrics');
                    SELECT add_compression_policy('training_metrics', INTERVAL '9 days')
                    """, [false, true, false, false]
                ),
                (
                    "ALTER TABLE training_metrics SET (timescaledb.segmentby = 'model_id', timescaledb.orderby = 'step')",
                    [true, false, false, false]
                ),
            ]
            for (change, expected) in changes {
                try connection.execute(change)
                #expect(try apply() == expected, "\(change)")
                #expect(try jobs(connection) == right, "\(change)")
                #expect(try apply() == [false, false, false, false], "\(change)")
            }
        }
    }

    @Test("What Community alone has is refused on Apache by name", arguments: apache)
    func apacheRefusals(edition: TestEdition) throws {
        try withDatabase(edition) { connection in
            for (call, what) in [
                ("set_columnstore('training_metrics', 'run_id', '')", "the columnstore"),
                ("set_compression('training_metrics', '1 day')", "a compression policy"),
                ("set_compression('training_metrics', NULL)", "a compression policy"),
                ("set_retention('training_metrics', '1 day')", "a retention policy"),
                ("set_refresh('training_metrics_hourly', NULL, '1 hour', '1 hour')", "a refresh policy"),
                ("set_realtime('training_metrics_hourly', true)", "a continuous aggregate"),
            ] {
                let error = connection.refusal(of: "SELECT hyperstep_internal." + call)
                #expect(error?.code == "0A000")
                #expect(
                    error?.message.contains("\(what) is not available in the Apache edition of TimescaleDB")
                        == true)
            }
        }
    }

    @Test(
        "Old chunks of a table, and of an aggregate that the collector keeps, are dropped", arguments: apache)
    func dropChunks(edition: TestEdition) throws {
        try withDatabase(edition) { connection in
            try connection.execute(
                """
                CREATE TABLE hyperstep_internal.training_metrics_hourly AS
                SELECT time AS bucket, run_id FROM training_metrics;
                SELECT create_hypertable('hyperstep_internal.training_metrics_hourly', by_range('bucket', INTERVAL '1 day'));
                CREATE VIEW training_metrics_hourly AS SELECT * FROM hyperstep_internal.training_metrics_hourly;
                \(threeDays);
                INSERT INTO hyperstep_internal.training_metrics_hourly SELECT time, run_id FROM training_metrics
                """)
            for relation in ["training_metrics", "training_metrics_hourly"] {
                // The oldest row is 71 hours old, so that its day ended 47 hours ago at the latest.
                let drop = "SELECT hyperstep_internal.drop_chunks_older('\(relation)', INTERVAL '46 hours')"
                let old = "SELECT count(*) FROM \(relation)"
                #expect(try connection.query(old).int64(0, 0) == 72)
                #expect(try connection.query(drop).int64(0, 0) ?? 0 > 0)
                #expect(try connection.query(old).int64(0, 0) ?? 0 < 72)
                #expect(try connection.query(drop).int64(0, 0) == 0)
            }
        }
    }

    @Test("Nobody else may call what runs as the owner", arguments: TestEdition.all)
    func notPublic(edition: TestEdition) throws {
        try withDatabase(edition) { connection in
            let open = try connection.lines(
                """
                SELECT oid::regprocedure::text FROM pg_proc
                WHERE pronamespace = 'hyperstep_internal'::regnamespace AND proname ~ '^(set|drop|keep|settle|grant|take)_'
                  AND has_function_privilege('public', oid, 'EXECUTE')
                """)
            #expect(open == [])
            let loose = try connection.lines(
                """
                SELECT oid::regprocedure::text FROM pg_proc
                WHERE pronamespace IN ('hyperstep_internal'::regnamespace, 'public'::regnamespace) AND prosecdef
                  AND NOT coalesce(proconfig, '{}') @> '{"search_path=pg_catalog, pg_temp"}'
                """)
            #expect(loose == [])
        }
    }
}
