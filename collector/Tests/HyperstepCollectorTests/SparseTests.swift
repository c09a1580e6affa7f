import HyperstepPostgres
import TestDatabases
import Testing

@testable import HyperstepCollector

@Suite(
    "Rows spread over years",
    .needsDatabase, .mayBlock)
struct SparseTests {
    /// 20 years over 300 positions.
    private static let spacing: Int64 = 20 * 365 * 86_400 * 1_000_000_000 / 300

    @Test(
        "Rows over 20 years all arrive, once, in transactions of few chunks; a neighbour waits for one of them",
        arguments: TestEdition.all)
    func twentyYears(edition: TestEdition) async throws {
        let sparse = TestStream(spacing: Self.spacing)
        let dense = TestStream()
        var settings = WriterSettings()
        settings.groupDelay = .milliseconds(500)
        settings.groupQuiet = .milliseconds(100)
        settings.chunksPerTransaction = 40
        try await withIngest(edition, settings: settings) { ingest, database in
            try enableColumnstore(edition, database)
            #expect(await ingest.commitWhenReady(dense.batch(0..<1)) == .committed(nextPosition: 1))
            let before = ingest.statistics.snapshot.commits
            let outcomes = await ingest.commit([
                sparse.batch(0..<280), dense.batch(1..<900), sparse.batch(280..<300),
                dense.batch(900..<1_000),
            ])
            #expect(
                outcomes == [280, 900, 300, 1_000].map { .committed(nextPosition: $0) })
            try expectExactly(sparse, 300, in: database)
            try expectExactly(dense, 1_000, in: database)
            // 257 rows in as many chunks, 40 at a time at most.
            #expect(ingest.statistics.snapshot.commits - before >= 7)
            #expect(ingest.statistics.snapshot.retries == 0)
        }
    }

    @Test("A batch that is sent again after a part of it was committed goes on from there")
    func resume() async throws {
        let edition = try #require(TestEdition.all.first)
        let stream = TestStream(spacing: Self.spacing)
        try await withTestDatabase(edition) { database in
            _ = try Migrator(database.connect()).run()
            var settings = WriterSettings()
            settings.chunksPerTransaction = 10
            let session = try DatabaseSession(PostgresURL(database.url), settings, applicationName: "test")
            var transaction = GroupTransaction(session, settings)
            let pending = PendingBatch(stream.batch(0..<100)) { _ in }
            let first = try transaction.commit([pending])
            #expect(first.unfinished.count == 1 && first.rowCount == 10)
            // Another collector gets it from the producer, which heard nothing of this.
            let ingest = try makeIngest(database)
            #expect(await ingest.commitWhenReady(stream.batch(0..<100)) == .committed(nextPosition: 100))
            await ingest.drain(timeout: .seconds(20))
            let rest = try transaction.commit([pending])
            #expect(rest.rowCount == 0 && rest.applied.map(\.decision) == [.duplicate])
            try expectExactly(stream, 100, in: database)
        }
    }
}
