// What a session of ours relies on. A role or a database may have other defaults (ALTER ROLE … SET, ALTER DATABASE …
// SET), and a session takes them over when it begins: so each is set here, once per connection, and nowhere else.
// What says how the database is to be used, and not how values are written, is left as it is: read-only, role,
// tablespaces, the planner's settings.
extension PostgresConnection {
    /// Set wherever the server knows them; what ``Options/session`` has goes over these.
    private static let session: [String: String] = [
        // How SQL text and values are read and written.
        "standard_conforming_strings": "on", "client_encoding": "UTF8", "datestyle": "ISO, MDY",
        "intervalstyle": "postgres", "timezone": "UTC", "bytea_output": "hex", "extra_float_digits": "1",
        "array_nulls": "on", "transform_null_equals": "off", "quote_all_identifiers": "off",
        "check_function_bodies": "on",
        // Callers that need limits set their own; an open transaction must not outlive a collector that hangs.
        "statement_timeout": "0", "lock_timeout": "0", "idle_in_transaction_session_timeout": "10min",
        "idle_session_timeout": "0", "transaction_timeout": "0",
        // The ledger's locks are meant for transactions that see what was committed before each statement.
        "default_transaction_isolation": "read committed", "default_transaction_deferrable": "off",
        // An error must not end the session, and warnings say which rows were not compressed.
        "exit_on_error": "off", "client_min_messages": "notice", "row_security": "on",
        // Writers say for each COPY whether its rows are compressed.
        "timescaledb.enable_direct_compress_copy": "off", "timescaledb.enable_direct_compress_insert": "off",
    ]

    /// Makes the session what all of this product's SQL expects, before any of it is run.
    func beginSession(_ url: PostgresURL, _ options: Options) throws(PostgresError) {
        let process = try backendProcess()
        if process != serverProcess {
            // There is a proxy in between, which may share server processes between its clients.
            try SessionPooling.check(self, url)
            // One that keeps sessions may hand on what an earlier client left: settings, a role, locks.
            try execute("DISCARD ALL")
            try set(["application_name": options.applicationName])
        }
        _ = try query(
            """
            SELECT pg_catalog.set_config(s.name, s.value, false)
            FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS s (name, value)
            WHERE pg_catalog.current_setting(s.name, true) <> s.value
            """, [.texts(Array(Self.session.keys)), .texts(Array(Self.session.values))])
        try enableTriggers()
        try findTimescale()
        try set(options.session)
    }

    /// The process that serves this connection, as it says itself.
    func backendProcess() throws(PostgresError) -> Int32 {
        Int32(truncatingIfNeeded: try query("SELECT pg_catalog.pg_backend_pid()").int64(0, 0) ?? 0)
    }

    /// Looks where the extension is, and lets names be found in Hyperstep's schema and there. To be called again when
    /// the extension was made.
    public func findTimescale() throws(PostgresError) {
        let found = try query(
            """
            SELECT n.nspname::text FROM pg_catalog.pg_extension AS e
            JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'timescaledb'
            """)
        timescaleSchema = found.count == 1 ? found.text(0, 0).flatMap(PostgresSchema.init) : nil
        var path = [schema]
        // Not for writers: where a table of ours is missing they must not find one of the same name there.
        if findsTimescale, let timescaleSchema, timescaleSchema != schema { path.append(timescaleSchema) }
        try set(["search_path": (path.map(\.sql) + ["pg_temp"]).joined(separator: ", ")])
    }

    /// Triggers keep `run_attempts`; a role that is meant for replication runs none.
    private func enableTriggers() throws(PostgresError) {
        let mode = try query("SELECT pg_catalog.current_setting('session_replication_role')").text(0, 0)
        guard let mode, mode != "origin" else { return }
        do throws(PostgresError) {
            try set(["session_replication_role": "origin"])
        } catch {
            guard error.code == "42501" else { throw error }
            throw PostgresError(
                kind: .schema, code: error.code,
                message: """
                    connecting to PostgreSQL: session_replication_role is \(mode) for this role or database, so that \
                    triggers would not run, and the role may not change it: expected origin; run ALTER ROLE … RESET \
                    session_replication_role (or ALTER DATABASE … RESET …) as a superuser
                    """)
        }
    }

    private func set(_ settings: [String: String]) throws(PostgresError) {
        guard !settings.isEmpty else { return }
        _ = try query(
            """
            SELECT pg_catalog.set_config(s.name, s.value, false)
            FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS s (name, value)
            """, [.texts(Array(settings.keys)), .texts(Array(settings.values))])
    }
}
