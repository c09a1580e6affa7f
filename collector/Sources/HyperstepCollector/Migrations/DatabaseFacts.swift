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
            SELECT (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'),
                   (SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb'),
                   EXISTS (SELECT FROM pg_settings WHERE name = 'timescaledb.max_background_workers')
            """)
        installedTimescale = row.text(0, 0)
        availableTimescale = row.text(0, 1)
        isPreloaded = row.bool(0, 2) ?? false
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
    }
}
