import HyperstepPostgres

/// The advisory lock of the one collector that keeps a database's policies; it goes with its connection.
enum ReconcileLock {
    /// "hyperpol" in ASCII.
    static let key: Int64 = 0x6879_7065_7270_6F6C

    static func tryToTake(_ connection: PostgresConnection) throws(PostgresError) -> Bool {
        try connection.query("SELECT pg_try_advisory_lock($1)", [.int64(key)]).bool(0, 0) ?? false
    }
}
