import HyperstepPostgres

/// Whether the database keeps text of every language, and as text.
struct EncodingCheck: Sendable {
    /// As PostgreSQL names it.
    var encoding: String

    init(encoding: String) { self.encoding = encoding }

    init(_ connection: PostgresConnection) throws(PostgresError) {
        encoding = try connection.query("SELECT current_setting('server_encoding')").text(0, 0) ?? ""
    }

    var findings: [Finding] {
        guard encoding != "UTF8" else { return [Finding(.ok, "encoding", "UTF8")] }
        return [
            Finding(
                .error, "encoding", "the database's encoding is \(encoding), expected UTF8",
                remedy: "dump it, and restore it into a database made with ENCODING 'UTF8' TEMPLATE template0"
            )
        ]
    }
}
