import HyperstepCollector
import HyperstepPolicies
import TestDatabases
import Testing

@Suite(
    "Aggregates of what programs send",
    .needsDatabase, .mayBlock)
struct SentAggregateTests {
    @Test(
        "Steps, scalars and windows sent through collectors are in the aggregates, late ones too, once",
        arguments: TestEdition.all, [1, 2] as [UInt64])
    func filled(edition: TestEdition, seed: UInt64) async throws {
        try await withTestDatabase(edition) { testDatabase in
            let database = try AggregateDatabase(testDatabase, edition)
            var sent = SentRows(seed: seed)
            var done = 0
            for round in 0..<3 {
                // The second round is late: hours of it are computed already.
                sent.make(40, from: RandomRows.start + [8, 0, 20][round] * RandomRows.hour, hours: 10)
                var random = Seeded(seed + UInt64(round))
                let outcomes = try await database.send(sent.batches[done...], &random)
                done = sent.batches.count
                #expect(outcomes.allSatisfy { if case .committed = $0 { true } else { false } })
                let rows = try sent.rows(database.connection)
                if database.edition == .apache {
                    // Its writers noted the minutes: queries know at once, and a refresh finds them.
                    try database.expect(rows, "before the refresh of round \(round)")
                    for source in Set(Aggregate.allCases.map(\.hypertable)) {
                        _ = try database.refresher.refresh(source) { true }
                    }
                    #expect(
                        try database.number("SELECT count(*) FROM hyperstep_internal.touched_buckets") == 0)
                } else {
                    for aggregate in Aggregate.allCases {
                        try database.refresher.refreshWindow(aggregate, from: nil, to: nil)
                    }
                }
                try database.expect(rows, "round \(round)")
            }
        }
    }
}
