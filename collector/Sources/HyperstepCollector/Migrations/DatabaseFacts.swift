import HyperstepPostgres

/// What has to be known of a database server before Hyperstep's schema is put into it.
struct DatabaseFacts: Sendable, Equatable {
    /// As PostgreSQL numbers it, 150020 for 15.20.
    var serverVersion: Int
    /// The version in this database; nil if `CREATE EXTENSION timescaledb` has not been run.
    var installedTimescale: String?
    /// The version that `CREATE EXTENSION` would give; nil if the server has none.
    var availableTimescale: String?
    /// Whether the server loaded TimescaleDB's library at its start.
    var isPreloaded: Bool
    /// As PostgreSQL names it, `UTF8`.
    var encoding = "UTF8"
    /// The schema that the extension is in; nil without the extension.
    var timescaleSchema: String?
    /// Whether this role may call functions there.
    var mayUseTimescale = true

    static let oldestServer = 140_000
    static let oldestTimescale = [2, 19, 0]

    init(
        serverVersion: Int, installedTimescale: String?, availableTimescale: String?, isPreloaded: Bool
    ) {
        self.serverVersion = serverVersion
        self.installedTimescale = installedTimescale
        self.availableTimescale = availableTimescale
        self.isPreloaded = isPreloaded
    }

    /// Asks the server; changes nothing.
    init(_ connection: PostgresConnection) throws(PostgresError) {
        serverVersion = connection.serverVersion
        // The setting is defined by the library's loader; shared_preload_libraries itself is for superusers.
        let row = try connection.query(
            """
            SELECT e.extversion,
                   (SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb'),
                   EXISTS (SELECT FROM pg_settings WHERE name = 'timescaledb.max_background_workers'),
                   current_setting('server_encoding'), n.nspname::text, has_schema_privilege(n.oid, 'USAGE')
            FROM (SELECT) AS one LEFT JOIN pg_extension AS e ON e.extname = 'timescaledb'
            LEFT JOIN pg_namespace AS n ON n.oid = e.extnamespace
            """)
        installedTimescale = row.text(0, 0)
        availableTimescale = row.text(0, 1)
        isPreloaded = row.bool(0, 2) ?? false
        encoding = row.text(0, 3) ?? ""
        timescaleSchema = row.text(0, 4)
        mayUseTimescale = row.bool(0, 5) ?? true
    }

    /// Refuses a server that Hyperstep cannot work with, and says what to install.
    func check() throws(MigrationError) {
        guard serverVersion >= Self.oldestServer else {
            throw .unsuitable(
                "PostgreSQL \(serverVersion / 10_000) is too old: install PostgreSQL 14 or later")
        }
        guard let version = installedTimescale ?? availableTimescale else {
            throw .unsuitable(
                """
                this PostgreSQL server has no TimescaleDB: install the package \
                timescaledb-2-postgresql-\(serverVersion / 10_000) (Timescale's repository) or \
                postgresql-\(serverVersion / 10_000)-timescaledb (Debian's), set shared_preload_libraries = \
                'timescaledb' in postgresql.conf and restart the server
                """)
        }
        let parts = version.split { !$0.isNumber }.prefix(3).compactMap { Int($0) }
        guard !parts.lexicographicallyPrecedes(Self.oldestTimescale) else {
            throw .unsuitable(
                """
                TimescaleDB \(version) is too old: install 2.19 or later, then run \
                ALTER EXTENSION timescaledb UPDATE as the first command of a session
                """)
        }
        guard isPreloaded else {
            throw .unsuitable(
                """
                TimescaleDB \(version) is installed but not loaded: set shared_preload_libraries = \
                'timescaledb' in postgresql.conf and restart the server
                """)
        }
        try checkEncoding()
        try checkTimescaleSchema()
    }

    /// Names are text of any language: another encoding would refuse some of them, and none (`SQL_ASCII`) would keep
    /// bytes that are no text.
    private func checkEncoding() throws(MigrationError) {
        guard encoding != "UTF8" else { return }
        throw .unsuitable(
            """
            the database's encoding is \(encoding), and Hyperstep needs UTF8: make another database, by CREATE \
            DATABASE … ENCODING 'UTF8' TEMPLATE template0 (with LOCALE 'C.UTF-8' where the server's locale does not \
            allow it), and name it in database.url; the encoding of a database cannot be changed
            """)
    }

    private func checkTimescaleSchema() throws(MigrationError) {
        guard let timescaleSchema else { return }
        guard PostgresSchema(timescaleSchema) != nil else {
            throw .unsuitable(
                """
                the extension timescaledb is in the schema "\(timescaleSchema)", and Hyperstep expects a schema named \
                by \(PostgresSchema.expectation): rename that schema (ALTER SCHEMA … RENAME TO …)
                """)
        }
        guard mayUseTimescale else {
            throw .unsuitable(
                """
                the extension timescaledb is in the schema \(timescaleSchema), which this role may not use: run GRANT \
                USAGE ON SCHEMA \(timescaleSchema) TO this role and to those that collect and read, as the schema's \
                owner
                """)
        }
    }
}
