import HyperstepPostgres

/// A connection set up for writing, to a database whose schema is this collector's.
final class DatabaseSession {
    let connection: PostgresConnection

    /// Why there is no session.
    enum Refusal: Error, Equatable {
        /// The server cannot be reached, or cannot be used as it is.
        case database(PostgresError)
        /// The schema is not this collector's; the text says what to run.
        case schema(String)

        var reason: String {
            switch self {
            case .database(let error): error.description
            case .schema(let complaint): complaint
            }
        }
    }

    /// Connects, checks the schema and prepares the statements that writers use.
    init(
        _ url: PostgresURL, statementTimeout: Duration, lockTimeout: Duration, applicationName: String
    ) throws(Refusal) {
        do {
            connection = try PostgresConnection(
                url,
                options: Self.options(
                    statementTimeout: statementTimeout, lockTimeout: lockTimeout, name: applicationName))
            // An ack says "committed": it must outlive a crash of the server, whatever the role's default is.
            _ = try connection.query(
                """
                SELECT set_config('synchronous_commit', 'on', false)
                WHERE current_setting('synchronous_commit') = 'off'
                """)
            if let complaint = try SchemaState.read(connection).complaint { throw Refusal.schema(complaint) }
            try LedgerStatements.prepare(on: connection)
            try RunStatements.prepare(on: connection)
            try RunAttempts.prepare(on: connection)
            try LifeSigns.prepare(on: connection)
        } catch let error as PostgresError {
            throw .database(error)
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw .database(PostgresError(kind: .other, message: "\(error)"))
        }
    }

    /// Limits inside the server, so that nothing of ours holds a ledger row for long, and a longer one on our
    /// side for a server that does not answer at all.
    private static func options(
        statementTimeout: Duration, lockTimeout: Duration, name: String
    ) -> PostgresConnection.Options {
        var options = PostgresConnection.Options()
        options.applicationName = name
        options.operationTimeout = statementTimeout + .seconds(5)
        options.session = [
            "search_path": "public, pg_temp",
            "timezone": "UTC",
            "statement_timeout": "\(statementTimeout.milliseconds)ms",
            "lock_timeout": "\(lockTimeout.milliseconds)ms",
            "idle_in_transaction_session_timeout": "\((statementTimeout * 2).milliseconds)ms",
            // A collector whose machine is gone: the server lets go of its locks.
            "tcp_keepalives_idle": "15", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "4",
        ]
        return options
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
