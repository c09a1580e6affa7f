import HyperstepPostgres
import TestDatabases
import Testing

@testable import HyperstepCollector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("Notes of the minutes that rows fall into")
struct TouchedMinutesTests {
    @Test("They are the distinct pairs of key and minute, in order", arguments: UInt64(0)..<100)
    func distinct(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let keys = (0..<3).map { _ in UUID() }
        var notes = TouchedMinutes()
        var expected: Set<TouchedMinutes.Pair> = []
        var (key, time) = (keys[0], Int64.random(in: 0 ..< .max / 2, using: &random))
        for _ in 0..<Int.random(in: 0..<300, using: &random) {
            if Int.random(in: 0..<9, using: &random) == 0 { key = keys.randomElement(using: &random)! }
            time = max(0, time + .random(in: -3_000_000_000...20_000_000_000, using: &random))
            notes.insert(key, time)
            expected.insert(.init(key: key, start: time / 60_000_000_000 * 60_000_000_000))
        }
        #expect(Set(notes.sorted()) == expected && notes.sorted().count == expected.count)
        #expect(notes.isEmpty == expected.isEmpty)
    }

    @Test(
        "The Apache edition is told the minutes of the rows that were written, in their transaction, and no other",
        .needsDatabase, .mayBlock,
        arguments: TestEdition.all)
    func told(edition: TestEdition) async throws {
        let streams = (0..<3).map { TestStream(spacing: Int64(1 + $0 * 7) * 1_000_000_000) }
        try await withTestDatabase(edition) { database in
            _ = try Migrator(database.connect()).run()
            let connection = try database.connect()
            try connection.execute(
                """
                DROP FUNCTION IF EXISTS hyperstep_internal.note_touched(text, uuid[], timestamptz[]);
                CREATE TABLE noted (transaction xid8, source text, key uuid, minute timestamptz);
                CREATE FUNCTION hyperstep_internal.note_touched(source text, keys uuid[], minutes timestamptz[])
                RETURNS void LANGUAGE sql AS
                'INSERT INTO noted SELECT pg_current_xact_id(), source, * FROM unnest(keys, minutes)'
                """)
            let ingest = try makeIngest(database)
            _ = await ingest.commitWhenReady(streams[0].batch(0..<100))
            _ = await ingest.commit(
                streams.flatMap { [$0.batch(0..<300), $0.batch(200..<400), $0.batch(900..<950)] })
            // All of it was written before: nothing to note.
            let count = try connection.query("SELECT count(*) FROM noted").int64(0, 0)
            _ = await ingest.commit(streams.map { $0.batch(0..<300) })
            #expect(try connection.query("SELECT count(*) FROM noted").int64(0, 0) == count)
            await ingest.drain(timeout: .seconds(20))
            for stream in streams { try expectExactly(stream, 400, in: database) }
            guard edition.name == "apache" else {
                #expect(count == 0)
                return
            }
            let difference = try connection.query(
                """
                WITH written AS (SELECT DISTINCT xmin::text::bigint % 4294967296 AS x, run_id AS key,
                                        date_trunc('minute', time) AS minute FROM training_metrics),
                     noted AS (SELECT transaction::text::bigint % 4294967296 AS x, key, minute FROM noted
                               WHERE source = 'training_metrics')
                SELECT (SELECT count(*) FROM (TABLE written EXCEPT ALL TABLE noted) AS missing),
                       (SELECT count(*) FROM (TABLE noted EXCEPT ALL TABLE written) AS superfluous)
                """)
            #expect(difference.int64(0, 0) == 0 && difference.int64(0, 1) == 0)
            #expect(count ?? 0 > 60)
        }
    }
}
