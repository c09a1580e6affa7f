import HyperstepPolicies
import HyperstepPostgres
import TestDatabases
import Testing

@Suite(
    "What an aggregate shows",
    .needsDatabase, .mayBlock)
struct AggregateValueTests {
    private static let start = RandomRows.start

    private func hour(_ losses: [Double?], _ edition: TestEdition) throws -> PostgresResult {
        try withTestDatabase(edition) { database in
            let it = try AggregateDatabase(database, edition)
            let (model, run) = (RandomRows.uuid(1), RandomRows.uuid(2))
            try it.write(
                losses.enumerated().map { index, loss in
                    TrainingRow(
                        time: Self.start + Int64(index) * 1_000_000, model: model, run: run, loss: loss,
                        step: Int64(index))
                })
            try it.refresher.refreshWindow(.trainingMetricsHourly, from: nil, to: nil)
            return try it.connection.query(
                """
                SELECT sample_count, loss_non_finite, avg_loss, min_loss, max_loss, first_loss, last_loss
                FROM training_metrics_hourly
                """)
        }
    }

    @Test("One NaN in an hour does not blank it, and is counted", arguments: TestEdition.all)
    func notBlanked(edition: TestEdition) throws {
        let row = try hour([1, .nan, 3, nil, .infinity], edition)
        #expect(row.count == 1)
        #expect([row.int64(0, 0), row.int64(0, 1)] == [5, 2])
        #expect((2...6).map { row.double(0, $0) } == [2, 1, 3, 1, 3])
    }

    @Test("A spike of one row in an hour stays in the maximum", arguments: TestEdition.all)
    func spike(edition: TestEdition) throws {
        var losses = [Double](repeating: 0.5, count: 3600)
        losses[1234] = 9876.5
        let row = try hour(losses, edition)
        #expect(row.double(0, 4) == 9876.5)
        #expect(row.double(0, 3) == 0.5)
    }

    @Test(
        "Numbers whose square overflows stop no refresh; they are counted and kept as extremes",
        arguments: TestEdition.all)
    func enormous(edition: TestEdition) throws {
        let row = try hour([1, 1e300, -1.7e308, 9.9e99], edition)
        #expect([row.int64(0, 0), row.int64(0, 1)] == [4, 2])
        #expect([row.double(0, 3), row.double(0, 4)] == [-1.7e308, 1e300])
        #expect(row.double(0, 2) == (1 + 9.9e99) / 2)
    }

    @Test(
        "Refreshes of one window at the same time wait for each other, as for a job's",
        arguments: TestEdition.all)
    func atOnce(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let it = try AggregateDatabase(database, edition)
            let (model, run) = (RandomRows.uuid(1), RandomRows.uuid(2))
            try it.write(
                (0..<20_000).map {
                    TrainingRow(
                        time: Self.start + Int64($0) * 1_000_000, model: model, run: run, loss: 1,
                        step: Int64($0))
                })
            try concurrently(
                (0..<4).map { _ in
                    {
                        let refresher = AggregateRefresher(try database.connect())
                        for _ in 0..<5 {
                            try refresher.refreshWindow(.trainingMetricsHourly, from: nil, to: nil)
                        }
                    }
                })
            let sum = "SELECT sum(sample_count)::bigint FROM training_metrics_hourly"
            #expect(try it.connection.query(sum).int64(0, 0) == 20_000)
        }
    }

    @Test("An hour of nothing but NaN has a count and no average", arguments: TestEdition.all)
    func onlyNaN(edition: TestEdition) throws {
        let row = try hour([.nan, .nan], edition)
        #expect([row.int64(0, 0), row.int64(0, 1)] == [2, 2])
        #expect((2...6).allSatisfy { row.double(0, $0) == nil })
    }

    @Test("Columns have the same names and types in both editions, and comments")
    func columns() throws {
        let found = try TestEdition.all.map { edition in
            try withTestDatabase(edition) { database in
                let it = try AggregateDatabase(database, edition)
                return try Aggregate.allCases.map { try columns($0, it.connection) }
            }
        }
        #expect(Set(found).count == 1)
    }

    /// Names and types, checked against the definition.
    private func columns(_ aggregate: Aggregate, _ connection: PostgresConnection) throws -> [String] {
        let definition = AggregateDefinition(aggregate)
        let rows = try connection.query(
            """
            SELECT a.attname::text, format_type(a.atttypid, a.atttypmod),
                   col_description(a.attrelid, a.attnum), obj_description(a.attrelid)
            FROM pg_attribute a WHERE a.attrelid = ($1::text)::regclass AND a.attnum > 0 ORDER BY a.attnum
            """, [.text("public.\(aggregate.name)")])
        let names = (0..<rows.count).map { rows.text($0, 0) ?? "" }
        #expect(names == definition.columns)
        #expect(rows.text(0, 3) == definition.comment)
        for measure in definition.measures {
            let row = try #require(names.firstIndex(of: measure.name))
            #expect(rows.text(row, 2) == measure.comment)
        }
        return (0..<rows.count).map { "\(names[$0]) \(rows.text($0, 1) ?? "")" }
    }
}
