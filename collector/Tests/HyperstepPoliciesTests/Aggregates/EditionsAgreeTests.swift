import HyperstepPolicies
import HyperstepPostgres
import TestDatabases
import Testing

@Suite(
    "Aggregates of both editions",
    .needsCommunity, .needsApache, .mayBlock)
struct EditionsAgreeTests {
    @Test(
        "Whatever is written and refreshed in whatever order, both hold what the rows say",
        arguments: [1, 2, 3] as [UInt64])
    func agree(seed: UInt64) throws {
        let editions = TestEdition.all.sorted { $0.name < $1.name }
        try withTestDatabase(editions[0]) { apacheDatabase in
            try withTestDatabase(editions[1]) { communityDatabase in
                let apache = try AggregateDatabase(apacheDatabase, editions[0])
                let community = try AggregateDatabase(communityDatabase, editions[1])
                #expect((apache.edition, community.edition) == (.apache, .community))
                try interleave(seed, apache, community)
            }
        }
    }

    private func interleave(
        _ seed: UInt64, _ apache: AggregateDatabase, _ community: AggregateDatabase
    ) throws {
        var source = RandomRows(seed: seed)
        var rows: [any TestRow] = []
        var newest = RandomRows.start + 12 * RandomRows.hour
        func write(_ batch: [any TestRow]) throws {
            rows += batch
            try apache.write(batch)
            try community.write(batch)
        }
        for round in 0..<4 {
            try write(source.batch(Int.random(in: 1...300, using: &source.random)))
            try refreshSome(apache, &source.random)
            try apache.expect(rows, "round \(round)")
            // Late rows reach a continuous aggregate with the next refresh; newer ones are there at once.
            for aggregate in Aggregate.allCases.shuffled(using: &source.random) {
                try community.refresher.refreshWindow(aggregate, from: nil, to: nil)
            }
            try community.expect(rows, "round \(round)")
            newest += 2 * RandomRows.hour
            try write(source.batch(50, from: newest, hours: 1, late: false))
            try apache.expect(rows, "newer rows of round \(round)")
            try community.expect(rows, "newer rows of round \(round)")
        }
        for aggregate in Aggregate.allCases {
            try apache.refresher.refreshWindow(aggregate, from: nil, to: nil)
            try community.refresher.refreshWindow(aggregate, from: nil, to: nil)
        }
        try community.expect(rows, "at the end")
        try apache.expect(rows, "at the end")
        #expect(try apache.number("SELECT count(*) FROM hyperstep_internal.touched_buckets") == 0)
    }

    private func refreshSome(_ apache: AggregateDatabase, _ random: inout Seeded) throws {
        var refresher = apache.refresher
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            refresher.notesPerTransaction = Int.random(in: 1...60, using: &random)
            var slices = Int.random(in: 0...8, using: &random)
            let source = Aggregate.allCases.randomElement(using: &random)?.hypertable ?? .trainingMetrics
            try refresher.refresh(source) {
                slices -= 1
                return slices >= 0
            }
        }
    }
}

extension AggregateDatabase {
    /// Every aggregate holds what `rows` say.
    func expect(
        _ rows: [any TestRow], _ when: String, aggregates: [Aggregate] = Aggregate.allCases,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for aggregate in aggregates {
            let expected = ExpectedAggregate(
                aggregate, of: rows, width: policies[aggregate].bucket.seconds)
            let differences = try expected.differences(from: aggregate, on: connection)
            #expect(differences == [], "\(edition) \(when)", sourceLocation: sourceLocation)
        }
    }
}
