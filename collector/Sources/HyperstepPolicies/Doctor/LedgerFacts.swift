import HyperstepPostgres

/// What the tables of exactly-once ingest say.
struct LedgerFacts {
    let findings: [Finding]

    init(_ connection: PostgresConnection) throws(PostgresError) {
        guard try connection.exists("\(connection.schema.sql).ingest_rejects"),
            try connection.exists("\(connection.schema.sql).ingest_streams")
        else {
            findings = []
            return
        }
        // The index on received gives the newest; the count stops early.
        let rejects = try connection.query(
            """
            SELECT (SELECT count(*) FROM (SELECT FROM \(connection.schema.sql).ingest_rejects LIMIT $1) AS counted),
                   (SELECT extract(epoch FROM max(received))::float8 FROM \(connection.schema.sql).ingest_rejects)
            """, [.int64(RejectsCheck.most)])
        let drops = try connection.query(
            """
            SELECT count(*), coalesce(sum(dropped), 0)::float8 FROM \(connection.schema.sql).ingest_streams WHERE dropped > 0
            """)
        findings =
            RejectsCheck(count: rejects.int64(0, 0) ?? 0, newest: rejects.double(0, 1)).findings
            + DropsCheck(streams: drops.int64(0, 0) ?? 0, records: drops.double(0, 1) ?? 0).findings
    }
}
