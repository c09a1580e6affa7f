public import HyperstepPostgres

/// Why a database was not brought to this collector's schema.
public enum MigrationError: Error, Sendable, Equatable {
    /// The server lacks something; the text says what to install or set.
    case unsuitable(String)
    /// A frozen migration was applied from another text than this binary's.
    case tampered(name: String)
    /// The database is ahead of this binary.
    case newerSchema(database: Int32, collector: Int32)
    /// Another collector is migrating and did not end in time.
    case locked
    /// A migration, or a question to the database, failed; nothing of that migration is kept.
    case failed(migration: String, PostgresError)
}

extension MigrationError: CustomStringConvertible {
    /// What is wrong, and what to do next.
    public var description: String {
        switch self {
        case .unsuitable(let reason): reason
        case .tampered(let name):
            """
            the database was migrated with a \(name) that differs from this collector's: use the collector \
            that migrated it, or restore the file; frozen migrations are never edited
            """
        case .newerSchema(let database, let collector):
            """
            the database's schema is version \(database), and this collector knows \(collector): use a newer \
            hyperstep-collector
            """
        case .locked: "another collector is migrating this database and has not ended: try again later"
        case .failed(let migration, let error): "\(migration): \(error)"
        }
    }
}
