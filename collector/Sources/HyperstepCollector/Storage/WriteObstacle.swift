import HyperstepPolicies
import HyperstepPostgres

/// Why a database is not to be written now.
enum WriteObstacle {
    /// For a person: a restore, a read-only session, a schema that is not this collector's. Nil where nothing is in
    /// the way.
    static func read(_ connection: PostgresConnection) throws(PostgresError) -> String? {
        // First: in the middle of a restore the schema is whatever the restore has come to.
        if let complaint = try SessionState.complaint(on: connection) { return complaint }
        return try SchemaState.read(connection).complaint
    }
}
