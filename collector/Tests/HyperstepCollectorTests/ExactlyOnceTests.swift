import Foundation
import HyperstepPostgres
import HyperstepWire
import Synchronization
import TestDatabases
import Testing

@testable import HyperstepCollector

/// Ends connections of collectors at random moments until it is told to stop, or has ended enough of them.
private final class FaultInjector: Sendable {
    private let isStopped = Atomic(false)
    let faults = Atomic(0)

    init(_ database: TestDatabase, seed: UInt64, atMost limit: Int) {
        Thread.detachNewThread { [self] in
            var random = SeededGenerator(seed: seed)
            guard let connection = try? database.connect() else { return }
            while !isStopped.load(ordering: .relaxed), faults.load(ordering: .relaxed) < limit {
                Thread.sleep(forTimeInterval: .random(in: 0...0.03, using: &random))
                let ended = try? connection.query(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE application_name LIKE 'hyperstep-collector writer%' AND datname = current_database()
                    ORDER BY random() LIMIT 1
                    """)
                faults.add(ended?.count ?? 0, ordering: .relaxed)
            }
        }
    }

    func stop() { isStopped.store(true, ordering: .relaxed) }
}

@Suite(
    "Exactly once, through collectors whose connections are cut",
    .enabled(if: TestEdition.isAvailable, Comment(rawValue: TestEdition.skipReason)), .serialized)
struct ExactlyOnceTests {
    /// A producer as the shipper is one: several batches in flight, and back to the last position it knows to
    /// be committed whenever something is not well. It also loses acks, and so sends again what is committed.
    private func produce(
        _ stream: TestStream, upTo end: UInt64, through collectors: [Ingest], seed: UInt64
    ) async {
        var random = SeededGenerator(seed: seed)
        var acked: UInt64 = 0
        while acked < end {
            var batches: [Batch] = []
            var first = acked
            while first < end, batches.count < 4 {
                let last = min(end, first + UInt64.random(in: 1...120, using: &random))
                batches.append(stream.batch(first..<last))
                first = last
            }
            // One collector most of the time; now and then two that fight for the stream.
            let which = Int.random(in: 0..<collectors.count, using: &random)
            let sent = batches
            var outcomes: [IngestOutcome]
            if Int.random(in: 0..<4, using: &random) == 0 {
                async let others = collectors[(which + 1) % collectors.count].commit(sent)
                outcomes = await collectors[which].commit(sent)
                outcomes += await others
            } else {
                outcomes = await collectors[which].commit(sent)
            }
            let isAckLost = Int.random(in: 0..<4, using: &random) == 0
            for case .committed(let next) in outcomes where !isAckLost { acked = max(acked, next) }
            if outcomes.contains(where: { if case .unavailable = $0 { true } else { false } }) {
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    @Test(
        "Two collectors, cut connections, lost acks: every row once, bit for bit", arguments: TestEdition.all)
    func cutConnections(edition: TestEdition) async throws {
        let streams = (0..<4).map { _ in TestStream() }
        let end: UInt64 = 12_000
        try await withTestDatabase(edition) { database in
            _ = try Migrator(database.connect()).run()
            // Some of the groups are compressed on their way in, where the edition can, and some are not.
            try enableColumnstore(edition, database)
            var settings = WriterSettings()
            settings.compressedSegmentRows = 100
            let collectors = try (0..<2).map { _ in
                try makeIngest(database, writers: 2, settings: settings)
            }
            let injector = FaultInjector(database, seed: 11, atMost: 60)
            await withTaskGroup(of: Void.self) { group in
                for (index, stream) in streams.enumerated() {
                    group.addTask {
                        await produce(stream, upTo: end, through: collectors, seed: UInt64(index))
                    }
                }
            }
            injector.stop()
            for collector in collectors { await collector.drain(timeout: .seconds(20)) }
            #expect(injector.faults.load(ordering: .relaxed) > 0)
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
