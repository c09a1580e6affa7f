import HyperstepPostgres

/// Makes the roles of a database, and the owner among them own what is Hyperstep's: safe to run again.
struct RoleCreation {
    private let connection: PostgresConnection
    private let names: RoleNames

    init(_ connection: PostgresConnection, _ names: RoleNames) {
        self.connection = connection
        self.names = names
    }

    /// Makes what is missing of the roles, and lets the owner make things in this database.
    func makeRoles() throws(MigrationError) {
        try transaction("creating the roles") { () throws(MigrationError) in
            let user = try readUser()
            let present = try query(
                "SELECT rolname::text FROM pg_roles WHERE rolname = ANY ($1)", [.texts(names.all)])
            let missing = names.all.filter { name in
                !(0..<present.count).contains { present.text($0, 0) == name }
            }
            guard missing.isEmpty || user.mayCreate else {
                throw .unsuitable(
                    """
                    creating the roles \(missing.joined(separator: ", ")) needs a role with CREATEROLE, and \
                    \(user.name) has it not: connect as one that has, or as a superuser
                    """)
            }
            for name in missing {
                try execute("CREATE ROLE \(quoted(name)) \(name == names.owner ? "LOGIN" : "NOLOGIN")")
            }
            try checkAttributes()
            if !user.isSuperuser, try !isMember(user.name) {
                try execute("GRANT \(quoted(names.owner)) TO \(quoted(user.name))")
            }
            try openDatabase()
        }
    }

    /// Makes the owner own the schema, if another role does.
    func takeOwnership() throws(MigrationError) {
        guard let owner = try SchemaOwner.read(connection), owner.name != names.owner else { return }
        do {
            try transaction("giving the schema to \(names.owner)") { () throws(MigrationError) in
                _ = try query("SELECT hyperstep_internal.take_ownership($1)", [.text(names.owner)])
            }
        } catch .failed(let migration, let error) where error.code == "42501" {
            throw .unsuitable(
                """
                \(migration): \(error.message). What exists already can be given to another role by a superuser \
                alone, since TimescaleDB keeps chunks in a schema of its own: run migrate --create-roles once as \
                a superuser, or before the first migrate
                """)
        } catch { throw error }
    }

    /// Refuses if the database has other roles already.
    func checkRemembered() throws(MigrationError) {
        // By the catalog: to_regclass() is refused who may not look into the schema.
        let table = try query(
            """
            SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = 'hyperstep_internal' AND c.relname = 'roles'
            """, [])
        guard table.count > 0 else { return }
        try SchemaOwner.acting(on: connection) { () throws(MigrationError) in
            let others = try query(
                "SELECT duty, name::text FROM hyperstep_internal.roles WHERE name <> ALL ($1)",
                [.texts(names.all)])
            guard others.count > 0, let duty = others.text(0, 0), let other = others.text(0, 1) else {
                return
            }
            throw .unsuitable(
                """
                this database's \(duty) is the role \(other) already: give the --role-prefix that it was made \
                with
                """)
        }
    }

    /// Remembers the roles in the database, so that every later migration can grant. Run as the owner.
    func remember() throws(MigrationError) {
        _ = try query(
            """
            INSERT INTO hyperstep_internal.roles (duty, name) VALUES ('collector', $1), ('reader', $2)
            ON CONFLICT (duty) DO NOTHING
            """, [.text(names.collector), .text(names.reader)])
    }

    /// A role of that name that was there before may be anything.
    private func checkAttributes() throws(MigrationError) {
        let found = try query(
            """
            SELECT rolname::text, rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication,
                   rolcanlogin
            FROM pg_roles WHERE rolname = ANY ($1)
            """, [.texts(names.all)])
        for row in 0..<found.count {
            guard let name = found.text(row, 0) else { continue }
            if found.bool(row, 1) == true {
                throw .unsuitable(
                    """
                    the role \(name) exists and may do more than its duty (it is a superuser, or may create roles \
                    or databases, replicate or bypass row security): give another --role-prefix
                    """)
            }
            if name == names.owner, found.bool(row, 2) != true {
                try execute("ALTER ROLE \(quoted(name)) LOGIN")
            }
        }
    }

    private func openDatabase() throws(MigrationError) {
        let database = try query("SELECT quote_ident(current_database())", []).text(0, 0) ?? ""
        let (owner, others) = (quoted(names.owner), [names.collector, names.reader].map(quoted))
        let everybody = ([owner] + others).joined(separator: ", ")
        try execute("GRANT CONNECT ON DATABASE \(database) TO \(everybody)")
        try execute("GRANT CREATE ON DATABASE \(database) TO \(owner)")
        try makeSchema(owner)
        // Those that exist by now: where there is no public yet, the extension comes into the first.
        let schemas = try existing([connection.schema, connection.timescaleSchema ?? .standard])
        for schema in schemas {
            try execute("GRANT USAGE ON SCHEMA \(schema.sql) TO \(everybody)")
            // PostgreSQL 14 and databases upgraded from it let everybody create tables in public. Whoever may add
            // functions where TimescaleDB's are could have ours, which run as their owner, call them.
            try execute("REVOKE CREATE ON SCHEMA \(schema.sql) FROM PUBLIC")
        }
        try execute("GRANT CREATE ON SCHEMA \(connection.schema.sql) TO \(owner)")
        try checkDatabase(schemas)
    }

    private func makeSchema(_ owner: String) throws(MigrationError) {
        guard try existing([connection.schema]).isEmpty else { return }
        try execute("CREATE SCHEMA \(connection.schema.sql) AUTHORIZATION \(owner)")
    }

    private func existing(_ schemas: Set<PostgresSchema>) throws(MigrationError) -> [PostgresSchema] {
        let found = try query(
            "SELECT nspname::text FROM pg_namespace WHERE nspname::text = ANY ($1) ORDER BY 1",
            [.texts(schemas.map(\.name))])
        return (0..<found.count).compactMap { found.text($0, 0).flatMap(PostgresSchema.init) }
    }

    /// PostgreSQL only warns a role that grants what it may not grant.
    private func checkDatabase(_ schemas: [PostgresSchema]) throws(MigrationError) {
        let own = connection.schema
        let has = try query(
            """
            SELECT has_database_privilege($1, current_database(), 'CREATE') AND has_schema_privilege($1, $2, 'CREATE')
            """, [.text(names.owner), .text(own.name)])
        if has.bool(0, 0) != true {
            throw .unsuitable(
                """
                \(names.owner) needs CREATE on this database and on its schema \(own.name), which you may not grant: \
                connect as the database's owner or as a superuser
                """)
        }
        for schema in schemas {
            let may = try query(
                """
                SELECT has_schema_privilege($1, $2, 'CREATE'),
                       (SELECT bool_and(has_schema_privilege(r, $2, 'USAGE')) FROM unnest($3::text[]) AS r)
                """, [.text(names.collector), .text(schema.name), .texts(names.all)])
            if may.bool(0, 0) == true {
                throw .unsuitable(
                    """
                    everybody may create tables in the schema \(schema.name): run REVOKE CREATE ON SCHEMA \
                    \(schema.name) FROM PUBLIC as its owner or as a superuser, then this again
                    """)
            }
            if may.bool(0, 1) != true {
                throw .unsuitable(
                    """
                    \(names.all.joined(separator: ", ")) need USAGE on the schema \(schema.name), which you may not \
                    grant: connect as its owner or as a superuser
                    """)
            }
        }
    }

    private struct User {
        let name: String
        let isSuperuser: Bool
        let mayCreate: Bool
    }

    private func readUser() throws(MigrationError) -> User {
        let row = try query(
            "SELECT rolname::text, rolsuper, rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user",
            [])
        return User(
            name: row.text(0, 0) ?? "", isSuperuser: row.bool(0, 1) ?? false,
            mayCreate: row.bool(0, 2) ?? false)
    }

    private func isMember(_ user: String) throws(MigrationError) -> Bool {
        // Creating a role makes one its administrator since PostgreSQL 16, which is not yet to be able to act as it.
        let usage = try query(
            """
            SELECT pg_has_role($1, $2, 'USAGE') AND pg_has_role($1, $2, CASE
                WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END)
            """, [.text(user), .text(names.owner)])
        return usage.bool(0, 0) ?? false
    }

    private func quoted(_ name: String) -> String { PostgresIdentifier.quoted(name) }

    private func execute(_ sql: String) throws(MigrationError) {
        do throws(PostgresError) { try connection.execute(sql) } catch {
            throw .failed(migration: "creating the roles", error)
        }
    }

    private func query(_ sql: String, _ values: [PostgresValue]) throws(MigrationError) -> PostgresResult {
        do throws(PostgresError) { return try connection.query(sql, values) } catch {
            throw .failed(migration: "creating the roles", error)
        }
    }

    private func transaction(
        _ what: String, _ body: () throws(MigrationError) -> Void
    ) throws(MigrationError) {
        do throws(MigrationError) {
            try connection.inMigration(what, body)
        } catch {
            if case .failed(_, let cause) = error { throw .failed(migration: what, cause) }
            throw error
        }
    }
}
