import HyperstepPolicies
import HyperstepPostgres
import TestDatabases
import Testing

private let community = TestEdition.community

@Suite(
    "A database whose edition changed",
    .needsCommunity, .mayBlock)
struct EditionChangeTests {
    @Test("Aggregates that the collector kept are found on the Community edition, work on, and are replaced")
    func upgraded() throws {
        let edition = try #require(community)
        try withTestDatabase(edition) { database in
            let it = try AggregateDatabase(database, edition, aggregates: [])
            var rows = RandomRows(seed: 11).allRows(200)
            try it.write(rows)
            for aggregate in Aggregate.allCases {
                #expect(try AggregateKind.of(aggregate, it.connection) == nil)
                try it.transaction(AggregateSQL.create(aggregate, .standard, edition: .apache))
                #expect(try AggregateKind.of(aggregate, it.connection) == .kept)
            }
            for hypertable in Hypertable.allCases { try it.refresher.refresh(hypertable) }
            try it.expect(rows, "kept")

            for aggregate in Aggregate.allCases where aggregate.base == nil {
                try it.transaction(AggregateSQL.drop(aggregate, kind: .kept))
            }
            let left = try it.connection.query(
                """
                SELECT (SELECT count(*) FROM hyperstep_internal.kept_aggregates),
                       (SELECT count(*) FROM hyperstep_internal.touched_buckets),
                       (SELECT count(*) FROM pg_class WHERE relname = ANY ($1))
                """, [.texts(Aggregate.allCases.map(\.name))])
            #expect((0..<3).map { left.int64(0, $0) } == [0, 0, 0])

            for aggregate in Aggregate.allCases {
                try it.create(aggregate)
                #expect(try AggregateKind.of(aggregate, it.connection) == .continuous)
            }
            let newer = RandomRows(seed: 12).allRows(50)
            rows += newer
            try it.write(newer)
            for aggregate in Aggregate.allCases {
                try it.refresher.refreshWindow(aggregate, from: nil, to: nil)
            }
            try it.expect(rows, "continuous")
        }
    }

    @Test(
        "A continuous aggregate is dropped with what is made of it, and switched to show only what is computed"
    )
    func continuous() throws {
        let edition = try #require(community)
        try withTestDatabase(edition) { database in
            let it = try AggregateDatabase(database, edition)
            try it.write([TrainingRow(time: RandomRows.start)])
            var policies = PolicySet.standard
            policies.aggregates[.trainingMetricsMinutely]?.isRealTime = false
            for (declared, seen) in [(PolicySet.standard, Int64(1)), (policies, 0), (.standard, 1)] {
                try it.transaction(
                    AggregateSQL.setRealTime(.trainingMetricsMinutely, declared, kind: .continuous))
                #expect(try it.number("SELECT count(*) FROM training_metrics_minutely") == seen)
            }
            try it.transaction(AggregateSQL.drop(.trainingMetricsMinutely, kind: .continuous))
            #expect(try AggregateKind.of(.trainingMetricsHourly, it.connection) == nil)
            #expect(try AggregateKind.of(.runMetricsHourly, it.connection) == .continuous)
        }
    }
}
