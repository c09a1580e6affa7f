import HyperstepPolicies
public import HyperstepPostgres

/// Brings a database to this collector's schema: safe to run twice, and from several collectors at once.
///
///     let applied = try Migrator(connection).run()
public struct Migrator {
    private let connection: PostgresConnection
    private let migrations: MigrationSet
    private let roles: RoleNames?
    private let lockTimeout: Duration

    /// The key of the advisory lock under which a database is migrated: "hyperstp" in ASCII.
    static let lockKey: Int64 = 0x6879_7065_7273_7470

    /// A migrator that uses `connection`, which nobody else may use meanwhile.
    ///
    /// - Parameters:
    ///   - roles: made if missing, and granted what they need; nil leaves roles as they are.
    ///   - lockTimeout: how long to wait for another collector that is migrating.
    public init(
        _ connection: PostgresConnection, roles: RoleNames? = nil, lockTimeout: Duration = .seconds(300)
    ) {
        self.init(connection, migrations: .embedded, roles: roles, lockTimeout: lockTimeout)
    }

    init(
        _ connection: PostgresConnection, migrations: MigrationSet, roles: RoleNames? = nil,
        lockTimeout: Duration = .seconds(300)
    ) {
        self.connection = connection
        self.migrations = migrations
        self.roles = roles
        self.lockTimeout = lockTimeout
    }

    /// Applies what is missing, as the role that owns the schema if the connection's user is a member of it; then
    /// grants to the database's roles, if it has any.
    ///
    /// A database that has nothing of Hyperstep's gets the extension, roles and all migrations in one transaction. In
    /// any other, each migration is a transaction of its own.
    ///
    /// - Returns: the names of the files applied, in order; empty if the schema was current.
    /// - Throws: ``MigrationError``. The first time, nothing is left of what was made; later, migrations applied
    ///   before the one that failed stay.
    public func run() throws(MigrationError) -> [String] {
        try attempt("checking the server") { () throws(PostgresError) in try DatabaseFacts(connection) }
            .check()
        try checkWritable()
        try lock()
        let result: Result<[String], MigrationError>
        do throws(MigrationError) { result = .success(try apply()) } catch { result = .failure(error) }
        // A connection that was lost has lost the lock with it.
        _ = try? connection.query("SELECT pg_advisory_unlock($1)", [.int64(Self.lockKey)])
        return try result.get()
    }

    /// In the middle of a restore there would be half of two schemas.
    private func checkWritable() throws(MigrationError) {
        try attempt("looking whether the database may be written") { () throws(PostgresError) in
            guard let complaint = try SessionState.complaint(on: connection) else { return }
            throw PostgresError(kind: .session, message: complaint)
        }
    }

    private func lock() throws(MigrationError) {
        let deadline = ContinuousClock.now + lockTimeout
        while true {
            // Asked again and again rather than waited for: a waiting statement would run into timeouts.
            let row = try attempt("locking the schema") { () throws(PostgresError) in
                try connection.query("SELECT pg_try_advisory_lock($1)", [.int64(Self.lockKey)])
            }
            if row.bool(0, 0) == true { return }
            guard ContinuousClock.now < deadline else { throw .locked }
            _ = try attempt("waiting for another collector") { () throws(PostgresError) in
                try connection.query("SELECT pg_sleep(0.1)")
            }
        }
    }

    private func apply() throws(MigrationError) -> [String] {
        guard try SchemaClaim.check(connection) == .nowhere else { return try applyAndGrant() }
        return try connection.inMigration("making the schema", applyAndGrant)
    }

    private func applyAndGrant() throws(MigrationError) -> [String] {
        let creation = roles.map { RoleCreation(connection, $0) }
        if let creation {
            try creation.checkRemembered()
            try creation.makeRoles()
        }
        try attempt("creating the schema \(connection.schema.name)") { () throws(PostgresError) in
            try makeSchema()
        }
        // The extension is the database's, whoever owns the schema.
        try attempt("creating the extension") { () throws(PostgresError) in try makeExtension() }
        let places = try attempt("looking for the extension") { () throws(PostgresError) in
            try SchemaPlaces(connection)
        }
        let applied = try applyFiles(places)
        if let creation {
            try SchemaOwner.acting(on: connection) { () throws(MigrationError) in
                try creation.checkRemembered()
            }
            try creation.takeOwnership()
            try SchemaOwner.acting(on: connection) { () throws(MigrationError) in try creation.remember() }
        }
        // A collector may ask whether there is anything to migrate; granting is not for it.
        if let owner = try SchemaOwner.read(connection), owner.complaint == nil {
            try SchemaOwner.acting(on: connection) { () throws(MigrationError) in
                _ = try RoleGrants.renew(connection)
            }
        }
        return applied
    }

    private func makeSchema() throws(PostgresError) {
        let exists = try connection.query(
            "SELECT to_regnamespace($1) IS NOT NULL", [.text(connection.schema.sql)])
        guard exists.bool(0, 0) != true else { return }
        try connection.execute("CREATE SCHEMA \(connection.schema.sql)")
    }

    /// Makes it in `public`, whatever the role's search path is, unless it is in another schema already.
    private func makeExtension() throws(PostgresError) {
        // Another collector may have made it since this connection was.
        try connection.findTimescale()
        guard connection.timescaleSchema == nil else { return }
        let hasPublic =
            try connection.query("SELECT to_regnamespace('public') IS NOT NULL").bool(0, 0) ?? false
        let schema = hasPublic ? PostgresSchema.standard : connection.schema
        try connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb SCHEMA \(schema.sql)")
    }

    private func applyFiles(_ places: SchemaPlaces) throws(MigrationError) -> [String] {
        let exists = try attempt("looking for the schema") { () throws(PostgresError) in
            try AppliedMigrations.tableExists(connection)
        }
        guard exists else {
            // What is made in an empty database belongs to the owner from the start.
            guard let roles else { return try applyAll(places) }
            return try SchemaOwner.acting(as: roles.owner, on: connection) { () throws(MigrationError) in
                try applyAll(places)
            }
        }
        let applied = try readApplied()
        if let error = applied.incompatibility(with: migrations) { throw error }
        let due =
            applied.missing(from: migrations).filter { $0.version != nil }
            + applied.changed(in: migrations.repeatable.map(places.placed))
        guard !due.isEmpty else { return [] }
        return try SchemaOwner.acting(on: connection) { () throws(MigrationError) in try apply(due, places) }
    }

    private func applyAll(_ places: SchemaPlaces) throws(MigrationError) -> [String] {
        try attempt("creating hyperstep_schema_migrations") { () throws(PostgresError) in
            try connection.execute(
                """
                CREATE TABLE IF NOT EXISTS \(connection.schema.sql).hyperstep_schema_migrations (
                    version    integer UNIQUE,
                    name       text PRIMARY KEY,
                    checksum   text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT now()
                )
                """)
        }
        return try apply(migrations.versioned + migrations.repeatable.map(places.placed), places)
    }

    private func readApplied() throws(MigrationError) -> AppliedMigrations {
        do throws(PostgresError) { return try AppliedMigrations(connection) } catch {
            if error.code == "42501", let complaint = try SchemaOwner.read(connection)?.complaint {
                throw .unsuitable(complaint)
            }
            throw .failed(migration: "reading hyperstep_schema_migrations", error)
        }
    }

    private func apply(_ due: [Migration], _ places: SchemaPlaces) throws(MigrationError) -> [String] {
        for migration in due { try apply(migration, places) }
        return due.map(\.name)
    }

    private func apply(_ migration: Migration, _ places: SchemaPlaces) throws(MigrationError) {
        try connection.inMigration(migration.name) { () throws(MigrationError) in
            try attempt(migration.name) { () throws(PostgresError) in
                try connection.execute("SET LOCAL search_path TO \(places.searchPath)")
                try connection.execute(places.placed(migration).sql)
                _ = try connection.query(
                    """
                    INSERT INTO \(connection.schema.sql).hyperstep_schema_migrations (version, name, checksum)
                    VALUES ($1, $2, $3)
                    ON CONFLICT (name) DO UPDATE SET checksum = EXCLUDED.checksum, applied_at = now()
                    """,
                    [
                        migration.version.map { .int32($0) } ?? .null, .text(migration.name),
                        .text(migration.checksum),
                    ])
            }
        }
    }

    private func attempt<Value>(
        _ what: String, _ body: () throws(PostgresError) -> Value
    ) throws(MigrationError) -> Value {
        do throws(PostgresError) { return try body() } catch { throw .failed(migration: what, error) }
    }
}
