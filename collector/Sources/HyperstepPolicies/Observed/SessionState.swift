public import HyperstepPostgres

/// What a session took over from the server when it began and keeps to its end, though the database may have been
/// set otherwise since: whether a restore is under way, whether it may write, its role, its settings, and the
/// version of TimescaleDB that it has loaded.
///
/// Whoever keeps a connection compares the state now with the state at the beginning. Where they differ, the session
/// has to be replaced by a new one.
public struct SessionState: Sendable, Equatable, CustomStringConvertible {
    /// The parts as `name=value`, separated by semicolons; for a person. It holds no secret: what ALTER ROLE and
    /// ALTER DATABASE set may be one, and is a hash here.
    public let description: String

    /// A state as ``expression`` says it.
    public init(_ description: String) { self.description = description }

    /// Asks the server.
    public init(_ connection: PostgresConnection) throws(PostgresError) {
        self.init(try connection.query("SELECT \(Self.expression)").text(0, 0) ?? "")
    }

    /// The state as a scalar expression of SQL, for a statement that is sent anyway. It reads three small catalogues,
    /// and takes some ten microseconds.
    public static let expression = """
        (SELECT pg_catalog.concat_ws('; ',
            'restoring=' || coalesce(pg_catalog.current_setting('timescaledb.restoring', true), ''),
            'read_only=' || pg_catalog.current_setting('transaction_read_only'),
            'standby=' || pg_catalog.pg_is_in_recovery(),
            'role=' || current_user,
            'search_path=' || pg_catalog.current_setting('search_path'),
            'synchronous_commit=' || pg_catalog.current_setting('synchronous_commit'),
            'license=' || coalesce(pg_catalog.current_setting('timescaledb.license', true), ''),
            'timescaledb=' || (SELECT e.extversion || ' in ' || e.extnamespace::pg_catalog.regnamespace
                               FROM pg_catalog.pg_extension AS e WHERE e.extname = 'timescaledb'),
            'defaults=' || (SELECT pg_catalog.hashtextextended(pg_catalog.string_agg(
                                pg_catalog.array_to_string(s.setconfig, ','), ',' ORDER BY s.setdatabase, s.setrole),
                                0)
                            FROM pg_catalog.pg_db_role_setting AS s WHERE \(isOfSession))))
        """

    /// Which rows of `pg_db_role_setting AS s` hold for sessions of this user in this database.
    private static let isOfSession = """
        s.setdatabase IN (0, (SELECT d.oid FROM pg_catalog.pg_database AS d
                              WHERE d.datname = pg_catalog.current_database()))
        AND s.setrole IN (0, pg_catalog.quote_ident(session_user)::pg_catalog.regrole::oid)
        """

    /// Why nothing may be written in this session, or in this database, now; nil where writing is allowed.
    ///
    /// A restore counts from the moment at which the database's setting says so, though a session that began
    /// before it still could write: what it wrote would be in the way of the restore.
    public static func complaint(on connection: PostgresConnection) throws(PostgresError) -> String? {
        let row = try connection.query(
            """
            SELECT coalesce(nullif(pg_catalog.current_setting('timescaledb.restoring', true), ''), 'off')::boolean
                   OR EXISTS (SELECT FROM pg_catalog.pg_db_role_setting AS s
                              CROSS JOIN pg_catalog.unnest(s.setconfig) AS c (setting)
                              WHERE \(isOfSession)
                                AND c.setting ~* '^timescaledb[.]restoring=(on|true|yes|1)$'),
                   pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only')::boolean
            """)
        if row.bool(0, 0) == true { return restoring }
        if row.bool(0, 1) == true { return standby }
        return row.bool(0, 2) == true ? readOnly : nil
    }

    /// While rows would go into the tables themselves.
    static let restoring = """
        the database is being restored (timescaledb.restoring is on): rows that are written now would be in no chunk, \
        where no query finds them; when the restore is done, run SELECT timescaledb_post_restore()
        """
    /// On a server that follows another.
    static let standby = """
        the server is a standby, which cannot be written: connect to the primary, or promote this one
        """
    /// Where sessions begin read-only.
    static let readOnly = """
        sessions of this role in this database begin read-only: set default_transaction_read_only to off, where \
        ALTER DATABASE, ALTER ROLE, postgresql.conf or the connection URL turned it on
        """
}
