import Foundation
import HyperstepPostgres
import HyperstepWire
import Synchronization
import TestDatabases
import Testing

@testable import HyperstepCollector

@Suite(
    "Exactly once, through collectors whose connections are cut",
    .needsDatabase, .mayBlock, .serialized)
struct ExactlyOnceTests {
    @Test(
        "Two collectors, cut connections, lost acks: every row once, bit for bit", arguments: TestEdition.all)
    func cutConnections(edition: TestEdition) async throws {
        let streams = (0..<4).map { _ in TestStream() }
        let end: UInt64 = 6_000
        try await withTestDatabase(edition) { database in
            _ = try Migrator(database.connect()).run()
            // Some of the groups are compressed on their way in, where the edition can, and some are not.
            try enableColumnstore(edition, database)
            var settings = WriterSettings()
            settings.compressedSegmentRows = 100
            let collectors = try (0..<2).map { _ in
                try makeIngest(database, writers: 2, settings: settings)
            }
            await produceThroughFaults(
                streams.map { stream in { stream.batch($0) } }, upTo: end, through: collectors,
                into: database,
                seed: 11, atMost: 60)
            for stream in streams { try expectExactly(stream, end, in: database) }
            let positions = try database.connect().query("SELECT DISTINCT next_position FROM ingest_streams")
            #expect(positions.count == 1 && positions.int64(0, 0) == Int64(end))
            let totals = collectors.map(\.statistics.snapshot)
            #expect(totals.contains { $0.storedRows > 0 })
            #expect(totals.contains { $0.compressedRows > 0 } == edition.compressesDirectly)
        }
    }

    @Test(
        "Many streams in opposite orders through many writers: no deadlock, every row once",
        arguments: TestEdition.all)
    func opposingOrders(edition: TestEdition) async throws {
        let streams = (0..<30).map { _ in TestStream() }
        try await withTestDatabase(edition) { database in
            _ = try Migrator(database.connect()).run()
            let collectors = try (0..<3).map { _ in try makeIngest(database) }
            for collector in collectors { _ = await collector.commitWhenReady(TestStream().batch(0..<1)) }
            for round in UInt64(0)..<10 {
                let batches = streams.map { $0.batch(round * 50..<round * 50 + 50) }
                await withTaskGroup(of: [IngestOutcome].self) { group in
                    group.addTask { await collectors[0].commit(batches) }
                    group.addTask { await collectors[1].commit(batches.reversed()) }
                    group.addTask { await collectors[2].commit(batches.shuffled()) }
                    for await outcomes in group {
                        #expect(outcomes.allSatisfy { $0 == .committed(nextPosition: round * 50 + 50) })
                    }
                }
            }
            for stream in streams { try expectExactly(stream, 500, in: database) }
            #expect(collectors.map { $0.statistics.snapshot.retries }.reduce(0, +) == 0)
            for collector in collectors { await collector.drain(timeout: .seconds(20)) }
        }
    }
}
