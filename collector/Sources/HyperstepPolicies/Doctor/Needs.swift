import HyperstepPostgres

/// What `serve` needs of the database, as privileges.
enum Needs {
    /// By relation; one that does not exist is not needed in that edition or schema.
    static func relations(in schema: PostgresSchema) -> [(name: String, privileges: [String])] {
        ["models", "runs", "run_attempts", "ingest_streams"].map {
            ("\(schema.name).\($0)", ["SELECT", "INSERT", "UPDATE"])
        }
            + Hypertable.allCases.map { ("\(schema.name).\($0.name)", ["SELECT", "INSERT"]) }
            + ["metrics", "run_metric_names", "series", "ingest_rejects"].map {
                ("\(schema.name).\($0)", ["SELECT", "INSERT"])
            }
            + [
                ("\(schema.name).hyperstep_schema_migrations", ["SELECT"]),
                ("hyperstep_internal.touched_buckets", ["SELECT", "INSERT", "UPDATE", "DELETE"]),
                ("hyperstep_internal.kept_aggregates", ["SELECT", "UPDATE"]),
                ("hyperstep_internal.maintenance", ["SELECT", "INSERT", "UPDATE", "DELETE"]),
            ]
            + Aggregate.allCases.flatMap { aggregate in
                [
                    ("\(schema.name).\(aggregate.name)", ["SELECT"]),
                    ("hyperstep_internal.\(aggregate.name)", ["SELECT", "INSERT", "UPDATE", "DELETE"]),
                ]
            }
    }

    /// Functions of hyperstep_internal that reconciling calls, whatever they take.
    static let functions = [
        "set_chunk_interval", "set_columnstore", "set_compression", "set_retention", "set_refresh",
        "set_realtime",
        "drop_chunks_older", "note_touched", "note_dropped", "name_generation",
        "own_jobs", "chunks_to_compress", "compress_one_chunk", "start_job",
    ]
}

extension PermissionsCheck {
    init(_ connection: PostgresConnection) throws(PostgresError) {
        let wanted = Needs.relations(in: connection.schema).flatMap { relation in
            relation.privileges.map { (relation.name, $0) }
        }
        let rows = try connection.query(
            """
            SELECT 'USAGE on the schema ' || nspname FROM pg_namespace
            WHERE nspname IN (\(connection.schema.literal), 'hyperstep_internal') AND NOT has_schema_privilege(oid, 'USAGE')
            UNION ALL
            SELECT w.privilege || ' on ' || w.relation
            FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (relation, privilege, place)
            JOIN pg_namespace n ON n.nspname = split_part(w.relation, '.', 1)
            JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = split_part(w.relation, '.', 2)
            WHERE NOT has_table_privilege(c.oid, w.privilege)
            UNION ALL
            SELECT 'EXECUTE on ' || p.oid::regprocedure FROM pg_proc p
            WHERE p.pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'hyperstep_internal')
              AND p.proname = ANY ($3::text[]) AND NOT has_function_privilege(p.oid, 'EXECUTE')
            """,
            [.texts(wanted.map(\.0)), .texts(wanted.map(\.1)), .texts(Needs.functions)])
        let role = try connection.query("SELECT current_user::text")
        self.init(
            role: role.text(0, 0) ?? "", missing: (0..<rows.count).compactMap { rows.text($0, 0) })
    }
}
