import HyperstepPolicies
import HyperstepPostgres

/// The names that Hyperstep's objects have in the schema of its tables. A test compares them with what migrate makes.
enum OwnNames {
    static let tables =
        Hypertable.allCases.map(\.name) + [
            "hyperstep_schema_migrations", "models", "runs", "run_attempts", "metrics", "run_metric_names",
            "series",
            "ingest_streams", "ingest_rejects",
        ]
    static let views = Aggregate.allCases.map(\.name) + ["training_steps"]
    /// Those that migrations name. PostgreSQL chooses free names for the others.
    static let indexes = [
        "experiments_experiment", "ingest_rejects_received", "latency_histogram_model",
        "model_performance_model", "run_metrics_run", "runs_project_started", "runs_running",
        "service_histogram_series", "service_metrics_series", "system_metrics_run", "training_metrics_run",
        "training_metrics_time",
    ]
    static let functions = [
        "latency_percentile", "latency_percentiles", "series_percentile", "series_percentiles",
    ]
}

/// Checks, before anything is made, that the schema for Hyperstep's tables has nothing with their names.
enum SchemaClaim {
    /// Where the tables are already.
    enum Place: Equatable {
        /// In the schema that `database.schema` names.
        case here
        /// In another one.
        case elsewhere(schema: String)
        /// Nowhere in this database.
        case nowhere
    }

    static func place(_ connection: PostgresConnection) throws(PostgresError) -> Place {
        // By the catalog, which everybody may read, whoever may look into the schemas.
        let rows = try connection.query(
            """
            SELECT n.nspname::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.relname = 'hyperstep_schema_migrations' AND c.relkind = 'r' ORDER BY n.nspname <> $1, 1
            """, [.text(connection.schema.name)])
        guard rows.count > 0, let found = rows.text(0, 0) else { return .nowhere }
        return found == connection.schema.name ? .here : .elsewhere(schema: found)
    }

    /// Why tables in another schema are no use; nil where there are none.
    static func complaint(_ connection: PostgresConnection) throws(PostgresError) -> String? {
        guard case .elsewhere(let schema) = try place(connection) else { return nil }
        return """
            Hyperstep's tables are in the schema \(schema) of this database, and database.schema is \
            \(connection.schema.name): set database.schema to \(schema) (--database-schema, \
            HYPERSTEP_DATABASE_SCHEMA); one database has them once, so use another database for a second set
            """
    }

    /// Refuses where they are in another schema, or where something else has one of their names.
    ///
    /// - Returns: where they are: here or nowhere.
    static func check(_ connection: PostgresConnection) throws(MigrationError) -> Place {
        do {
            switch try place(connection) {
            case .here: return .here
            case .elsewhere: throw MigrationError.unsuitable(try complaint(connection) ?? "")
            case .nowhere: break
            }
            let room = try connection.query("SELECT to_regnamespace('hyperstep_internal') IS NOT NULL")
            if room.bool(0, 0) == true {
                throw MigrationError.unsuitable(
                    """
                    the schema hyperstep_internal exists in this database, and no schema has Hyperstep's tables beside \
                    it: use another database, or drop it if it is left from an earlier Hyperstep (DROP SCHEMA \
                    hyperstep_internal CASCADE)
                    """)
            }
            let taken = try foreign(connection)
            guard taken.isEmpty else {
                throw MigrationError.unsuitable(
                    """
                    the schema \(connection.schema.name) of this database has \
                    \(taken.prefix(5).joined(separator: ", "))\(taken.count > 5 ? " and others" : "") already, which \
                    \(taken.count == 1 ? "is" : "are") not Hyperstep's: nothing was made; give Hyperstep a schema of \
                    its own by database.schema (--database-schema hyperstep, HYPERSTEP_DATABASE_SCHEMA=hyperstep), or \
                    use another database
                    """)
            }
            return .nowhere
        } catch let error as MigrationError {
            throw error
        } catch let error as PostgresError {
            throw .failed(migration: "looking for tables of the same names", error)
        } catch {
            throw .unsuitable("\(error)")
        }
    }

    /// Everything in the schema that has a name of ours, as `the table runs`.
    private static func foreign(_ connection: PostgresConnection) throws(PostgresError) -> [String] {
        let relations = OwnNames.tables + OwnNames.views
        let rows = try connection.query(
            """
            SELECT CASE c.relkind WHEN 'r' THEN 'the table ' WHEN 'p' THEN 'the table ' WHEN 'v' THEN 'the view '
                        WHEN 'm' THEN 'the view ' WHEN 'i' THEN 'the index ' WHEN 'c' THEN 'the type '
                        WHEN 'S' THEN 'the sequence ' ELSE 'the relation ' END || c.relname
            FROM pg_class AS c
            WHERE c.relnamespace = to_regnamespace($1::text) AND c.relname::text = ANY ($2::text[] || $3::text[])
            UNION ALL
            SELECT 'the type ' || t.typname FROM pg_type AS t
            WHERE t.typnamespace = to_regnamespace($1::text) AND t.typname::text = ANY ($2::text[]) AND t.typrelid = 0
            UNION ALL
            SELECT DISTINCT 'the function ' || p.proname FROM pg_proc AS p
            WHERE p.pronamespace = to_regnamespace($1::text) AND p.proname::text = ANY ($4::text[])
            ORDER BY 1
            """,
            [
                .text(connection.schema.sql), .texts(relations), .texts(OwnNames.indexes),
                .texts(OwnNames.functions),
            ])
        return (0..<rows.count).compactMap { rows.text($0, 0) }
    }
}
