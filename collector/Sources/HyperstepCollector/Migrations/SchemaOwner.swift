public import HyperstepPostgres

/// The role that owns Hyperstep's schema. What is made later has to belong to it as well, whoever migrates:
/// TimescaleDB changes policies, drops chunks and runs jobs for the owner of a table alone.
public enum SchemaOwner {
    /// Runs `body` as the owner, if the session's user may become it, and as the session's user again
    /// afterwards; as the session's user alone where there is no schema yet.
    ///
    /// - Throws: what `body` throws, and ``MigrationError/unsuitable(_:)`` if the user is no member of the owner.
    public static func acting<Value>(
        on connection: PostgresConnection, _ body: () throws(MigrationError) -> Value
    ) throws(MigrationError) -> Value {
        guard let owner = try read(connection), !owner.isUser else { return try body() }
        if let complaint = owner.complaint { throw .unsuitable(complaint) }
        return try acting(as: owner.name, on: connection, body)
    }

    static func acting<Value>(
        as role: String, on connection: PostgresConnection, _ body: () throws(MigrationError) -> Value
    ) throws(MigrationError) -> Value {
        do throws(PostgresError) {
            try connection.execute("SET ROLE \(PostgresIdentifier.quoted(role))")
        } catch {
            throw .failed(migration: "becoming the role \(role)", error)
        }
        // A connection that was lost has lost the role with it.
        defer { try? connection.execute("RESET ROLE") }
        return try body()
    }

    /// The owner as it stands, and what the session's user is to it.
    struct Relation: Equatable {
        let name: String
        let user: String
        let isUser: Bool
        let isOpen: Bool

        var complaint: String? {
            guard !isUser, !isOpen else { return nil }
            return """
                the schema belongs to the role \(name), and \(user) is no member of it: connect as one, or run \
                GRANT \(PostgresIdentifier.quoted(name)) TO \(PostgresIdentifier.quoted(user))
                """
        }
    }

    /// Nil where there is nothing of Hyperstep's yet.
    static func read(_ connection: PostgresConnection) throws(MigrationError) -> Relation? {
        do throws(PostgresError) {
            // Membership may be without the right to SET ROLE since PostgreSQL 16.
            let rows = try connection.query(
                """
                SELECT r.rolname::text, current_user::text, r.rolname = current_user,
                       pg_has_role(session_user, r.oid, CASE
                           WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END)
                FROM pg_roles AS r WHERE r.oid = coalesce(
                    (SELECT nspowner FROM pg_namespace WHERE nspname = 'hyperstep_internal'),
                    (SELECT relowner FROM pg_class
                     WHERE oid = to_regclass('\(connection.schema.sql).hyperstep_schema_migrations')))
                """)
            guard rows.count == 1, let name = rows.text(0, 0), let user = rows.text(0, 1) else { return nil }
            return Relation(
                name: name, user: user, isUser: rows.bool(0, 2) ?? false, isOpen: rows.bool(0, 3) ?? false)
        } catch {
            throw .failed(migration: "reading who owns the schema", error)
        }
    }
}

/// Names as SQL text.
enum PostgresIdentifier {
    /// In double quotes, so that it is a name whatever it holds.
    static func quoted(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
