import Synchronization

/// Tells whether a proxy between this program and PostgreSQL keeps a server process for each connection.
///
/// Transaction pooling (pgbouncer's `pool_mode = transaction`) gives each transaction any process: settings, prepared
/// statements and advisory locks would be another client's in the next one. Two connections at once show it: one of
/// them is served by two processes in turn, or both by one. A proxy that keeps sessions never does either.
enum SessionPooling {
    /// How long a proxy that was found to keep sessions is not checked again: readiness connects each second.
    private static let validity: Duration = .seconds(60)
    private static let rounds = 5
    /// When each URL was last looked at; a program has one or two.
    private static let known = Mutex<[String: ContinuousClock.Instant]>([:])

    /// - Throws: ``PostgresError`` of kind `settings` where transactions are pooled.
    static func check(_ connection: PostgresConnection, _ url: PostgresURL) throws(PostgresError) {
        let now = ContinuousClock.now
        if known.withLock({ $0[url.conninfo].map { now - $0 < validity } ?? false }) { return }
        var options = PostgresConnection.Options()
        options.applicationName = "hyperstep pooling check"
        options.connectTimeout = .seconds(2)
        // A proxy whose sessions are all in use gives it none in this time: such a proxy keeps sessions.
        options.operationTimeout = .seconds(1)
        let other = try? PostgresConnection(bare: url, options: options)
        let process = try connection.backendProcess()
        for _ in 0..<rounds {
            let others = try? other?.backendProcess()
            let isShared = others == process
            guard !isShared, try connection.backendProcess() == process else { throw refusal(url) }
            if others == nil { break }
        }
        known.withLock {
            if $0.count >= 64 { $0.removeAll() }
            $0[url.conninfo] = now
        }
    }

    private static func refusal(_ url: PostgresURL) -> PostgresError {
        PostgresError(
            kind: .settings,
            message: """
                connecting to PostgreSQL at \(url.displayName): a connection pooler there gives each transaction \
                another server process (transaction or statement pooling, as pgbouncer's pool_mode = transaction), \
                and the collector needs a session that stays its own, for prepared statements, locks and settings: \
                use session pooling for this database and role (pool_mode = session), or the address of PostgreSQL \
                itself
                """)
    }
}
