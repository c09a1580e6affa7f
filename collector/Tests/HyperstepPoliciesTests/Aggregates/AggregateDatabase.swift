import HyperstepCollector
import HyperstepPolicies
import HyperstepPostgres
import TestDatabases

/// A migrated database with aggregates.
struct AggregateDatabase {
    let database: TestDatabase
    let edition: Edition
    let connection: PostgresConnection

    /// The policies that the aggregates are made with.
    let policies: PolicySet

    init(
        _ database: TestDatabase, _ edition: TestEdition, policies: PolicySet = .standard,
        aggregates: [Aggregate] = Aggregate.allCases
    ) throws {
        self.database = database
        self.edition = edition.name == "apache" ? .apache : .community
        self.policies = policies
        connection = try database.connect()
        _ = try Migrator(connection).run()
        for aggregate in aggregates { try create(aggregate) }
    }

    /// Another connection to a database that is prepared already.
    init(opened database: TestDatabase, _ edition: TestEdition) throws {
        self.database = database
        self.edition = edition.name == "apache" ? .apache : .community
        policies = .standard
        connection = try database.connect()
    }

    var refresher: AggregateRefresher { AggregateRefresher(connection) }

    func create(_ aggregate: Aggregate) throws {
        try transaction(AggregateSQL.create(aggregate, policies, edition: edition))
    }

    func transaction(_ statements: [String]) throws {
        try inTransaction(connection) { for statement in statements { try connection.execute(statement) } }
    }

    /// Writes rows as the collector does: their minutes are noted in the same transaction.
    func write(_ rows: [any TestRow], through other: PostgresConnection? = nil) throws {
        let connection = other ?? connection
        try inTransaction(connection) {
            for (table, rows) in Dictionary(grouping: rows, by: { type(of: $0).table }) {
                try copy(rows, table, connection)
                guard edition == .apache else { continue }
                // Duplicates and times within the minute are what a careless caller would pass.
                _ = try connection.query(
                    """
                    SELECT hyperstep_internal.note_touched($1, $2,
                        (SELECT array_agg(TIMESTAMPTZ '2000-01-01Z' + m * INTERVAL '1 microsecond' ORDER BY n)
                         FROM unnest($3::bigint[]) WITH ORDINALITY AS u (m, n)))
                    """, [.text(table), .uuids(rows.map(\.key)), .int64s(rows.map(\.time))])
            }
        }
    }

    private func copy(
        _ rows: [any TestRow], _ table: String, _ connection: PostgresConnection
    ) throws(PostgresError) {
        guard let first = rows.first else { return }
        let columns = type(of: first).columns
        try connection.copyIn("COPY \(table) (\(columns)) FROM STDIN WITH (FORMAT binary)") {
            writer throws(PostgresError) in
            var bytes = PostgresBinaryCopy()
            bytes.header()
            for row in rows {
                bytes.row(fields: Int16(columns.split(separator: ",").count))
                row.append(to: &bytes)
                if bytes.count > 60_000 { try writer.write(&bytes) }
            }
            bytes.trailer()
            try writer.write(&bytes)
        }
    }

    /// One number that a query gives.
    func number(_ sql: String) throws -> Int64? { try connection.query(sql).int64(0, 0) }
}

func inTransaction(_ connection: PostgresConnection, _ body: () throws -> Void) throws {
    try connection.execute("BEGIN")
    do {
        try body()
        try connection.execute("COMMIT")
    } catch {
        try? connection.execute("ROLLBACK")
        throw error
    }
}
