public import HyperstepPostgres

/// How a database's schema compares with the one this collector is made for.
public enum SchemaState: Sendable, Equatable {
    /// They are the same.
    case current
    /// Something is still to be applied; `version` is 0 for an empty database.
    case outdated(version: Int32)
    /// It cannot be used with this collector.
    case incompatible(MigrationError)

    /// Reads the state; changes nothing.
    public static func read(_ connection: PostgresConnection) throws(PostgresError) -> SchemaState {
        try read(connection, expecting: .embedded)
    }

    static func read(
        _ connection: PostgresConnection, expecting migrations: MigrationSet
    ) throws(PostgresError) -> SchemaState {
        guard try AppliedMigrations.tableExists(connection) else {
            return try SchemaClaim.complaint(connection).map { .incompatible(.unsuitable($0)) }
                ?? .outdated(version: 0)
        }
        let applied = try AppliedMigrations(connection)
        if let error = applied.incompatibility(with: migrations) { return .incompatible(error) }
        return applied.missing(from: migrations).isEmpty
            ? .current : .outdated(version: applied.version)
    }

    /// What a person is told who asks why nothing is written; nil when it is current.
    public var complaint: String? {
        switch self {
        case .current: nil
        case .outdated(let version):
            """
            the database's schema is version \(version), and this collector needs \
            \(MigrationSet.embedded.version) with its repeatable files: run hyperstep-collector migrate
            """
        case .incompatible(let error): error.description
        }
    }
}

/// What the table `hyperstep_schema_migrations` holds.
struct AppliedMigrations: Equatable {
    private var checksums: [String: String] = [:]
    private(set) var version: Int32 = 0

    static func tableExists(_ connection: PostgresConnection) throws(PostgresError) -> Bool {
        let found = try connection.query(
            "SELECT to_regclass('\(connection.schema.sql).hyperstep_schema_migrations') IS NOT NULL")
        return found.bool(0, 0) ?? false
    }

    init(_ connection: PostgresConnection) throws(PostgresError) {
        let rows = try connection.query(
            "SELECT version, name, checksum FROM \(connection.schema.sql).hyperstep_schema_migrations")
        for row in 0..<rows.count {
            version = max(version, Int32(rows.int64(row, 0) ?? 0))
            if let name = rows.text(row, 1) { checksums[name] = rows.text(row, 2) }
        }
    }

    func incompatibility(with migrations: MigrationSet) -> MigrationError? {
        if version > migrations.version {
            return .newerSchema(database: version, collector: migrations.version)
        }
        let changed = migrations.versioned.first { migration in
            checksums[migration.name].map { $0 != migration.checksum } ?? false
        }
        return changed.map { .tampered(name: $0.name) }
    }

    /// Frozen migrations never applied, and repeatable ones not known to the database at all. A repeatable
    /// one with another text is not missing: another collector's release may have brought it.
    func missing(from migrations: MigrationSet) -> [Migration] {
        (migrations.versioned + migrations.repeatable).filter { checksums[$0.name] == nil }
    }

    /// Repeatable migrations whose text is not the one last applied.
    func changed(in repeatable: [Migration]) -> [Migration] {
        repeatable.filter { checksums[$0.name] != $0.checksum }
    }
}
