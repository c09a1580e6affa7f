import TestDatabases

@testable import HyperstepCollector

/// Statements that a role is refused, with the SQLSTATE of the refusal. 42501: insufficient privilege.
enum Forbidden {
    typealias Statement = (sql: String, code: String)

    static func toCollector(chunk: String, _ names: RoleNames, _ edition: TestEdition) -> [Statement] {
        toEverybody(names) + data(chunk) + functions + (edition.isCommunity ? jobs : [])
    }

    /// To the reader as well.
    static func toEverybody(_ names: RoleNames) -> [Statement] {
        denied([
            "DROP TABLE training_metrics", "DROP TABLE runs", "DROP SCHEMA hyperstep_internal CASCADE",
            "DROP FUNCTION hyperstep_internal.set_retention(text, interval)",
            "ALTER TABLE runs ADD COLUMN mine integer", "ALTER TABLE training_metrics DROP COLUMN loss",
            "ALTER TABLE runs OWNER TO CURRENT_USER", "CREATE INDEX ON training_metrics (loss)",
            "CREATE TRIGGER mine BEFORE INSERT ON runs EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "CREATE TABLE public.mine ()", "CREATE TABLE hyperstep_internal.mine ()", "CREATE SCHEMA mine",
            "CREATE VIEW public.mine AS SELECT 1 AS one",
            "CREATE FUNCTION public.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
            "CREATE OR REPLACE FUNCTION hyperstep_internal.is_managed(relation text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
            "CREATE ROLE mine", "ALTER ROLE \(names.owner) PASSWORD 'x'",
            "GRANT \(names.owner) TO CURRENT_USER",
            "SET ROLE \(names.owner)", "SET SESSION AUTHORIZATION postgres",
            "ALTER SYSTEM SET work_mem = '1GB'", "SELECT * FROM pg_authid",
            "SELECT pg_read_file('/etc/passwd')", "COPY (SELECT 1) TO '/tmp/hyperstep-test'",
            "COPY (SELECT 1) TO PROGRAM 'true'", "COPY runs FROM PROGRAM 'true'",
            "SELECT lo_import('/etc/passwd')", "TRUNCATE runs", "TRUNCATE training_metrics",
            "DELETE FROM runs", "DELETE FROM training_metrics", "DELETE FROM ingest_streams",
            "DELETE FROM ingest_rejects", "UPDATE training_metrics SET loss = 0",
            "DELETE FROM run_attempts", "DELETE FROM training_steps", "UPDATE training_steps SET loss = 0",
            "UPDATE ingest_rejects SET reason = ''", "UPDATE experiments SET status = ''",
            "DELETE FROM hyperstep_schema_migrations", "UPDATE hyperstep_schema_migrations SET checksum = ''",
            "SELECT * FROM hyperstep_internal.roles",
            "INSERT INTO hyperstep_internal.roles VALUES ('reader', 'pg_read_all_data')",
            "SELECT hyperstep_internal.grant_roles()", "SELECT hyperstep_internal.take_ownership('postgres')",
            "SELECT drop_chunks('training_metrics', older_than => INTERVAL '1 hour')",
            "SELECT set_chunk_time_interval('training_metrics', INTERVAL '1 day')",
            "UPDATE _timescaledb_catalog.hypertable SET table_name = 'x'",
        ])
    }

    static let toReader: [Statement] = denied([
        "INSERT INTO runs (id) VALUES (gen_random_uuid())", "UPDATE runs SET name = ''",
        "SELECT * FROM runs FOR UPDATE", "COPY runs (id) FROM STDIN",
        "UPDATE ingest_streams SET next_position = 0", "UPDATE run_attempts SET from_step = 0",
        "SELECT hyperstep_internal.set_retention('training_metrics', '1 hour')",
        "SELECT hyperstep_internal.set_chunk_interval('training_metrics', '1 hour')",
        "SELECT hyperstep_internal.drop_chunks_older('training_metrics', '1 hour')",
    ])

    /// Past the hypertable, to where its rows are.
    private static func data(_ chunk: String) -> [Statement] {
        denied([
            "DELETE FROM \(chunk)", "TRUNCATE \(chunk)", "DROP TABLE \(chunk)",
            "UPDATE \(chunk) SET loss = 0",
        ])
    }

    /// Functions that run as the owner, with what is not Hyperstep's, out of bounds, or SQL.
    private static let functions: [Statement] =
        denied([
            "SELECT hyperstep_internal.set_chunk_interval('models', '1 day')",
            "SELECT hyperstep_internal.set_chunk_interval('public.training_metrics', '1 day')",
            "SELECT hyperstep_internal.set_chunk_interval('training_metrics; DROP TABLE runs', '1 day')",
            "SELECT hyperstep_internal.set_chunk_interval(NULL, '1 day')",
            "SELECT hyperstep_internal.drop_chunks_older('runs', '1 day')",
            "SELECT hyperstep_internal.drop_chunks_older('pg_authid', '1 day')",
            "SELECT hyperstep_internal.drop_chunks_older('ingest_streams', '1 day')",
            "SELECT hyperstep_internal.drop_chunks_older('training_metrics''; DROP TABLE runs; --', '1 day')",
        ])
        + [
            ("SELECT hyperstep_internal.drop_chunks_older('training_metrics', '59 minutes')", "22023"),
            ("SELECT hyperstep_internal.drop_chunks_older('training_metrics', '-1 day')", "22023"),
            ("SELECT hyperstep_internal.drop_chunks_older('training_metrics', NULL)", "22023"),
            ("SELECT hyperstep_internal.set_chunk_interval('training_metrics', '1 second')", "22023"),
            ("SELECT hyperstep_internal.set_chunk_interval('training_metrics', '100 years')", "22023"),
            ("SELECT hyperstep_internal.drop_chunks_older('run_metrics_hourly', '1 day')", "42P01"),
        ]

    /// Community's jobs and columnstore, around our functions and through them.
    private static let jobs: [Statement] =
        denied([
            "SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs WHERE proc_name = 'policy_retention'",
            "SELECT delete_job(job_id) FROM timescaledb_information.jobs WHERE proc_name = 'policy_retention'",
            "SELECT alter_job(1, scheduled => false)", "SELECT remove_retention_policy('training_metrics')",
            "SELECT add_retention_policy('run_metrics', INTERVAL '1 hour')",
            "SELECT compress_chunk(c) FROM show_chunks('training_metrics') AS c",
            "CALL refresh_continuous_aggregate('training_metrics_minutely', NULL, NULL)",
            "ALTER MATERIALIZED VIEW training_metrics_minutely SET (timescaledb.materialized_only = false)",
            "DROP MATERIALIZED VIEW training_metrics_hourly",
            "ALTER TABLE run_metrics SET (timescaledb.enable_columnstore)",
            "SELECT hyperstep_internal.settle_job(job_id, '1 day', '{}', '{}') FROM timescaledb_information.jobs WHERE proc_name = 'policy_retention'",
            "SELECT hyperstep_internal.keep_one_job('training_metrics', 'policy_retention', 0)",
            "SELECT hyperstep_internal.set_retention('pg_class', '1 day')",
            "SELECT hyperstep_internal.set_compression('runs', '1 day')",
            "SELECT hyperstep_internal.set_refresh('runs', NULL, '1 hour', '1 hour')",
            "SELECT hyperstep_internal.set_realtime('pg_stat_activity', true)",
            "SELECT hyperstep_internal.set_columnstore('models', 'id', '')",
        ])
        + [
            ("SELECT hyperstep_internal.set_retention('training_metrics', '59 minutes')", "22023"),
            ("SELECT hyperstep_internal.set_retention('training_metrics', '101 years')", "22023"),
            ("SELECT hyperstep_internal.set_compression('training_metrics', '1 second')", "22023"),
            ("SELECT hyperstep_internal.set_compression('experiments', '1 day')", "55000"),
            ("SELECT hyperstep_internal.set_columnstore('run_metrics', 'nosuch', 'time')", "42703"),
            ("SELECT hyperstep_internal.set_columnstore('run_metrics', 'run_id', 'run_id, time')", "22023"),
            (
                "SELECT hyperstep_internal.set_columnstore('run_metrics', 'run_id', 'time; DROP TABLE runs')",
                "22023"
            ),
            (
                "SELECT hyperstep_internal.set_columnstore('run_metrics', 'run_id''); DROP TABLE runs; --', '')",
                "42703"
            ),
            ("SELECT hyperstep_internal.set_refresh('training_metrics', NULL, '1 hour', '1 hour')", "42809"),
            (
                "SELECT hyperstep_internal.set_refresh('training_metrics_minutely', '1 hour', '1 hour', '1 hour')",
                "22023"
            ),
            (
                "SELECT hyperstep_internal.set_refresh('training_metrics_minutely', NULL, '1 hour', '1 second')",
                "22023"
            ),
            (
                "SELECT hyperstep_internal.set_refresh('training_metrics_minutely', NULL, NULL, '1 hour')",
                "22023"
            ),
            ("SELECT hyperstep_internal.set_realtime('training_metrics_minutely', NULL)", "22023"),
        ]

    private static func denied(_ statements: [String]) -> [Statement] { statements.map { ($0, "42501") } }
}
