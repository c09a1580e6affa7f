public import HyperstepPostgres

/// What the roles of `migrate --create-roles` may do.
public enum RoleGrants {
    /// Grants what is missing of it, for objects made since; nothing where no roles were made.
    ///
    /// Run as the schema's owner, see ``SchemaOwner``, after tables, aggregates or functions were made.
    ///
    /// - Returns: how many grants were missing.
    @discardableResult
    public static func renew(_ connection: PostgresConnection) throws(MigrationError) -> Int {
        do throws(PostgresError) {
            let exists = try connection.query(
                """
                SELECT has_function_privilege(p.oid, 'EXECUTE') FROM pg_proc AS p
                WHERE p.proname = 'grant_roles' AND p.pronamespace = to_regnamespace('hyperstep_internal')
                """)
            guard exists.count == 1, exists.bool(0, 0) == true else { return 0 }
            return try grant(connection, tries: 20)
        } catch {
            throw .failed(migration: "granting to the roles", error)
        }
    }

    /// A grant on a hypertable is written to each of its chunks, which a job may be compressing or dropping: then
    /// PostgreSQL reports an internal error, and nothing of the call is kept.
    private static func grant(_ connection: PostgresConnection, tries: Int) throws(PostgresError) -> Int {
        do {
            return Int(try connection.query("SELECT hyperstep_internal.grant_roles()").int64(0, 0) ?? 0)
        } catch
            where tries > 1 && (error.code == "XX000" || error.kind == .retryable)
            && connection.transactionStatus == .idle
        {
            _ = try connection.query("SELECT pg_sleep(0.2)")
            return try grant(connection, tries: tries - 1)
        }
    }
}
