import HyperstepPostgres

/// Whether rows lie in a hypertable itself and in none of its chunks, where no query finds them. A session writes
/// them there while `timescaledb.restoring` is on.
struct RootRowsCheck: Sendable {
    /// Hypertables whose own file is not empty, with its size in bytes.
    var tables: [(name: String, bytes: Int64)]

    var findings: [Finding] {
        guard !tables.isEmpty else {
            return [Finding(.ok, "root-rows", "every row of a hypertable is in a chunk")]
        }
        return tables.map { table in
            Finding(
                .error, "root-rows",
                """
                \(table.name) holds \(table.bytes) bytes of rows that are in no chunk: no query finds them. They were \
                written by a session that began between timescaledb_pre_restore() and timescaledb_post_restore()
                """,
                remedy: """
                    as a superuser run SELECT hyperstep_internal.move_rows_into_chunks('\(table.name)'); while no \
                    restore is under way
                    """)
        }
    }
}

extension RootRowsCheck {
    /// By the sizes of the tables' own files: a planner in a normal session takes a hypertable's own rows for none
    /// at all, whoever asks and however.
    init(_ connection: PostgresConnection) throws(PostgresError) {
        let rows = try connection.query(
            """
            SELECT c.relname::text, pg_relation_size(c.oid) FROM pg_class AS c
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = \(connection.schema.literal) AND c.relkind = 'r' AND c.relname = ANY ($1::text[]::name[])
              AND pg_relation_size(c.oid) > 0
              AND EXISTS (SELECT FROM timescaledb_information.hypertables AS h
                          WHERE h.hypertable_schema = n.nspname AND h.hypertable_name = c.relname)
            ORDER BY 1
            """, [.texts(Hypertable.allCases.map(\.name))])
        tables = (0..<rows.count).compactMap { row in
            rows.text(row, 0).map { ($0, rows.int64(row, 1) ?? 0) }
        }
    }
}
