import HyperstepPostgres

/// The schemas that migrations are written for.
///
/// The files say `public` for both: for the schema of Hyperstep's tables, and for that of TimescaleDB's functions.
/// They stay files that psql can run where both are there.
struct SchemaPlaces: Sendable, Equatable {
    /// Where Hyperstep's tables are.
    let own: PostgresSchema
    /// Where the extension is.
    let timescale: PostgresSchema
    /// The names of the extension's functions and procedures.
    private let timescaleRoutines: Set<String>

    init(own: PostgresSchema, timescale: PostgresSchema, timescaleRoutines: Set<String>) {
        self.own = own
        self.timescale = timescale
        self.timescaleRoutines = timescaleRoutines
    }

    /// Asks a database that has the extension.
    init(_ connection: PostgresConnection) throws(PostgresError) {
        try connection.findTimescale()
        let rows = try connection.query(
            """
            SELECT DISTINCT p.proname::text FROM pg_proc AS p
            JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
            JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
            WHERE e.extname = 'timescaledb' AND p.pronamespace = e.extnamespace
            """)
        self.init(
            own: connection.schema, timescale: connection.timescaleSchema ?? .standard,
            timescaleRoutines: Set((0..<rows.count).compactMap { rows.text($0, 0) }))
    }

    /// The search path under which a migration's unqualified names are made and found.
    var searchPath: String {
        ((own == timescale ? [own] : [own, timescale]).map(\.sql) + ["pg_temp"]).joined(separator: ", ")
    }

    /// The migration as it is run here. Its checksum becomes that of the text which is run, so that a repeatable one
    /// is run again where the schemas are others than they were; a frozen one keeps the checksum of its file.
    func placed(_ migration: Migration) -> Migration {
        let sql = placed(migration.sql)
        return migration.version == nil
            ? Migration(version: nil, name: migration.name, sql: sql)
            : Migration(
                version: migration.version, name: migration.name, sql: sql, checksum: migration.checksum)
    }

    func placed(_ sql: String) -> String {
        guard own != .standard || timescale != .standard else { return sql }
        return sql.replacing("'public'", with: own.literal)
            .replacing(#/\bpublic\.(%I\b|\w+)/#.wordBoundaryKind(.simple)) { match in
                let name = String(match.output.1)
                return "\((timescaleRoutines.contains(name) ? timescale : own).sql).\(name)"
            }
    }
}
