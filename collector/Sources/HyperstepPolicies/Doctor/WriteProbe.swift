public import HyperstepPostgres

/// Tries what writers do, and rolls it back.
public enum WriteProbe {
    /// Has the server plan an insert into every table that writers write, without a row: a table or a column that is
    /// missing, a privilege that is, and a read-only session are errors. Takes a millisecond or two.
    public static func plan(on connection: PostgresConnection) throws(PostgresError) {
        try rolledBack(on: connection) { () throws(PostgresError) in
            try connection.execute(plans(in: connection.schema).joined(separator: ";\n"))
        }
    }

    /// Writes rows into the tables that every record needs, a new chunk among them, and rolls all of it back. Where
    /// the disk is full, the files of a chunk cannot be made.
    public static func write(on connection: PostgresConnection) throws(PostgresError) {
        try rolledBack(on: connection) { () throws(PostgresError) in
            try connection.execute(rows(in: connection.schema).joined(separator: ";\n"))
        }
    }

    /// Whether an error says only that the probe had to wait for somebody, and so nothing about writing.
    public static func isInconclusive(_ error: PostgresError) -> Bool {
        ["40001", "40P01", "55P03", "57014"].contains(error.code)
    }

    /// Nobody may wait long for a probe, nor a probe for anybody. A probe whose collector is stopped in the middle
    /// holds its locks no longer than the last of these.
    private static let begin = """
        BEGIN; SET LOCAL lock_timeout = '500ms'; SET LOCAL statement_timeout = '2s';
        SET LOCAL idle_in_transaction_session_timeout = '3s'
        """

    private static func rolledBack(
        on connection: PostgresConnection, _ body: () throws(PostgresError) -> Void
    ) throws(PostgresError) {
        try connection.execute(begin)
        do throws(PostgresError) { try body() } catch {
            if error.kind != .connectionLost { try? connection.execute("ROLLBACK") }
            throw error
        }
        try connection.execute("ROLLBACK")
    }

    /// The columns that writers fill, by table.
    private static func written(in schema: PostgresSchema) -> [(table: String, columns: String)] {
        let own = [
            ("models", "id, name, version, updated"),
            ("runs", "id, attempt, project, name, model_id, status, parameters, tags, last_seen"),
            ("run_attempts", "run_id, attempt, from_step, started, host"),
            ("metrics", "name, unit"),
            ("run_metric_names", "run_id, metric_id"),
            ("series", "service, name, kind, unit, dimensions"),
            ("ingest_streams", "stream_id, next_position, dropped, run_id"),
            ("ingest_rejects", "stream_id, first_position, position_count, reason, sqlstate, batch"),
        ]
        return own.map { ("\(schema.sql).\($0.0)", $0.1) }
            + [("hyperstep_internal.touched_buckets", "source, key, bucket")]
    }

    private static func plans(in schema: PostgresSchema) -> [String] {
        written(in: schema).map {
            "INSERT INTO \($0.table) (\($0.columns)) SELECT \($0.columns) FROM \($0.table) WHERE false"
        }
            + Hypertable.allCases.map {
                let columns = $0.columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
                let table = "\(schema.sql).\($0.name)"
                return "INSERT INTO \(table) (\(columns)) SELECT \(columns) FROM ONLY \(table) WHERE false"
            }
    }

    /// By numbers of its own: two probes at once do not wait for each other, and no id of a sequence is lost.
    private static func rows(in schema: PostgresSchema) -> [String] {
        [
            "INSERT INTO \(schema.sql).models (id, name, updated) VALUES (gen_random_uuid(), '', now())",
            "INSERT INTO \(schema.sql).runs (id) VALUES (gen_random_uuid())",
            """
            WITH s AS (INSERT INTO \(schema.sql).ingest_streams (stream_id) VALUES (gen_random_uuid()) RETURNING *)
            INSERT INTO \(schema.sql).ingest_rejects (stream_id, first_position, position_count, reason, sqlstate, batch)
            SELECT stream_id, 0, 0, '', '', '' FROM s
            """,
            // Of a time at which there is no chunk: 2262 is the last year that the contract can tell.
            """
            INSERT INTO \(schema.sql).training_metrics (time, model_id, run_id, epoch, batch, step)
            VALUES ('2262-01-01', gen_random_uuid(), gen_random_uuid(), 0, 0, 0)
            """,
        ]
    }
}
