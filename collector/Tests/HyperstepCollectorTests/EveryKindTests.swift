import HyperstepHistogram
import HyperstepPostgres
import HyperstepWire
import Synchronization
import TestDatabases
import Testing

@testable import HyperstepCollector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What `policies apply` does to the tables of scalars and histograms, where the edition can.
private func enableColumnstores(_ edition: TestEdition, _ database: TestDatabase) throws {
    guard edition.compressesDirectly else { return }
    try database.connect().execute(
        """
        ALTER TABLE run_metrics SET (timescaledb.enable_columnstore,
            timescaledb.segmentby = 'run_id, metric_id', timescaledb.orderby = 'step, time');
        ALTER TABLE model_performance SET (timescaledb.enable_columnstore,
            timescaledb.segmentby = 'model_id, endpoint', timescaledb.orderby = 'time DESC');
        ALTER TABLE latency_histogram SET (timescaledb.enable_columnstore,
            timescaledb.segmentby = 'model_id, endpoint, kind', timescaledb.orderby = 'time DESC, bucket');
        ALTER TABLE system_metrics SET (timescaledb.enable_columnstore,
            timescaledb.segmentby = 'instance_id, device', timescaledb.orderby = 'time DESC');
        ALTER TABLE service_metrics SET (timescaledb.enable_columnstore,
            timescaledb.segmentby = 'series_id', timescaledb.orderby = 'time DESC');
        ALTER TABLE service_histogram SET (timescaledb.enable_columnstore,
            timescaledb.segmentby = 'series_id', timescaledb.orderby = 'bucket, time DESC')
        """)
}

@Suite(
    "Every kind of records into its tables",
    .needsDatabase, .mayBlock, .serialized)
struct EveryKindTests {
    /// Gathers what is submitted at once into one transaction.
    private var oneGroup: WriterSettings {
        var settings = WriterSettings()
        settings.groupDelay = .seconds(2)
        settings.groupQuiet = .milliseconds(150)
        return settings
    }

    @Test(
        "Two collectors, cut connections, lost acks, random batches: every row once, bit for bit",
        arguments: TestEdition.all)
    func cutConnections(edition: TestEdition) async throws {
        // Two streams of each kind that share names of metrics, and are both odd and even in their spacing.
        let streams = StreamKind.allCases.flatMap { kind in
            [KindStream(kind: kind), KindStream(kind: kind, spacing: 7_001)]
        }
        let end: UInt64 = 1_500
        try await withTestDatabase(edition) { database in
            _ = try Migrator(database.connect()).run()
            try enableColumnstores(edition, database)
            var settings = WriterSettings()
            settings.compressedSegmentRows = 20
            let collectors = try (0..<2).map { _ in
                try makeIngest(database, writers: 2, settings: settings)
            }
            await produceThroughFaults(
                streams.map { stream in { stream.batch($0) } }, upTo: end, through: collectors,
                into: database,
                seed: 12, atMost: 30)
            for stream in streams { try stream.expectExactly(end, in: database) }
            let connection = try database.connect()
            let positions = try connection.query("SELECT DISTINCT next_position FROM ingest_streams")
            #expect(positions.count == 1 && positions.int64(0, 0) == Int64(end))
            #expect(try connection.query("SELECT FROM metrics").count == 4)
            #expect(try connection.query("SELECT FROM models").count == 2)
            #expect(try connection.query("SELECT FROM series").count == KindStream.series.count)
            let totals = collectors.map(\.statistics.snapshot)
            #expect(totals.contains { $0.storedRows > 0 })
            #expect(totals.contains { $0.compressedRows > 0 } == edition.compressesDirectly)
        }
    }

    @Test(
        "A batch sent twice, overlapping, or early is written once, and answered by the ledger",
        arguments: TestEdition.all)
    func resends(edition: TestEdition) async throws {
        try await withIngest(edition) { ingest, database in
            for kind in StreamKind.allCases {
                let stream = KindStream(kind: kind)
                #expect(await ingest.commitWhenReady(stream.batch(0..<20)) == .committed(nextPosition: 20))
                #expect(await ingest.commit(stream.batch(0..<20)) == .committed(nextPosition: 20))
                #expect(await ingest.commit(stream.batch(5..<15)) == .committed(nextPosition: 20))
                #expect(await ingest.commit(stream.batch(30..<40)) == .gap(nextPosition: 20))
                #expect(await ingest.commit(stream.batch(3..<4)) == .committed(nextPosition: 20))
                #expect(await ingest.commit(stream.batch(12..<33)) == .committed(nextPosition: 33))
                #expect(await ingest.commit(stream.batch(33..<34)) == .committed(nextPosition: 34))
                try stream.expectExactly(34, in: database)
            }
        }
    }

    @Test(
        "Large batches are compressed on their way in where that pays, and come back bit for bit",
        arguments: TestEdition.all)
    func compressed(edition: TestEdition) async throws {
        try await withTestDatabase(edition) { database in
            _ = try Migrator(database.connect()).run()
            try enableColumnstores(edition, database)
            let ingest = try makeIngest(database, settings: oneGroup)
            for kind in StreamKind.allCases {
                let stream = KindStream(kind: kind)
                let before = ingest.statistics.snapshot.compressedRows
                _ = await ingest.commitWhenReady(stream.batch(0..<3_000))
                try stream.expectExactly(3_000, in: database)
                let compressed = ingest.statistics.snapshot.compressedRows - before
                // 2,572 records each, over 4 metrics or series, 2 endpoints (of 4 kinds) or 3 devices.
                #expect((compressed > 0) == (edition.compressesDirectly && kind != .experiments), "\(kind)")
            }
            #expect(ingest.statistics.snapshot.fallbacks == 0)
            await ingest.drain(timeout: .seconds(20))
        }
    }

    @Test(
        "Windows of more rows than a transaction may write are cut, and arrive once",
        arguments: TestEdition.all,
        [(StreamKind.windows, "latency_histogram"), (.series, "service_histogram")])
    func manyRows(edition: TestEdition, of what: (kind: StreamKind, table: String)) async throws {
        let stream = KindStream(kind: what.kind)
        let neighbour = KindStream(kind: .scalars)
        var settings = oneGroup
        settings.rowsPerTransaction = 100
        try await withIngest(edition, settings: settings) { ingest, database in
            _ = await ingest.commitWhenReady(stream.batch(0..<1))
            let before = ingest.statistics.snapshot.commits
            let outcomes = await ingest.commit([stream.batch(0..<200), neighbour.batch(0..<500)])
            #expect(outcomes == [.committed(nextPosition: 200), .committed(nextPosition: 500)])
            try stream.expectExactly(200, in: database)
            try neighbour.expectExactly(500, in: database)
            let rows = try #require(
                try database.connect().query("SELECT count(*) FROM \(what.table)").int64(0, 0))
            #expect(ingest.statistics.snapshot.commits - before >= Int(rows) / 100)
        }
    }

    @Test("Spread over years, every kind arrives once", arguments: TestEdition.all)
    func years(edition: TestEdition) async throws {
        var settings = oneGroup
        settings.chunksPerTransaction = 20
        let streams = StreamKind.allCases.map {
            KindStream(kind: $0, spacing: 10 * 365 * 86_400 * 1_000_000_000 / 60)
        }
        try await withIngest(edition, settings: settings) { ingest, database in
            _ = await ingest.commitWhenReady(TestStream().batch(0..<1))
            let outcomes = await ingest.commit(streams.map { $0.batch(0..<60) })
            #expect(outcomes.allSatisfy { $0 == .committed(nextPosition: 60) })
            for stream in streams { try stream.expectExactly(60, in: database) }
            #expect(ingest.statistics.snapshot.retries == 0)
        }
    }

    @Test(
        "One bad batch of each kind is kept aside, and every neighbour is written", arguments: TestEdition.all
    )
    func rejects(edition: TestEdition) async throws {
        try await withIngest(edition, settings: oneGroup) { ingest, database in
            let connection = try database.connect()
            // What a user's own constraints may do; of experiments the JSON itself is at fault.
            try connection.execute(
                """
                ALTER TABLE run_metrics ADD CHECK (attempt <> 9);
                ALTER TABLE metrics ADD CHECK (name <> 'bad');
                ALTER TABLE latency_histogram ADD CHECK (endpoint <> '/bad');
                ALTER TABLE models ADD CHECK (name <> 'bad');
                ALTER TABLE system_metrics ADD CHECK (device <> 'bad');
                ALTER TABLE series ADD CHECK (name <> 'bad');
                ALTER TABLE service_metrics ADD CHECK (duration_ms <> 7);
                ALTER TABLE service_histogram ADD CHECK (bucket <> 7)
                """)
            _ = await ingest.commitWhenReady(TestStream().batch(0..<1))
            var (good, bad): ([KindStream], [Batch]) = ([], [])
            for kind in StreamKind.allCases {
                good += [KindStream(kind: kind), KindStream(kind: kind)]
                bad += try spoiled(kind)
            }
            let outcomes = await ingest.commit((good.map { $0.batch(0..<40) } + bad).shuffled())
            #expect(outcomes.filter { $0 == .committed(nextPosition: 40) }.count == good.count)
            let rejected = outcomes.filter { if case .rejected(_, 20) = $0 { true } else { false } }
            #expect(rejected.count == bad.count)
            for stream in good { try stream.expectExactly(40, in: database) }
            let kept = try connection.query("SELECT batch, stream_id FROM ingest_rejects")
            #expect(kept.count == bad.count)
            for row in 0..<kept.count {
                let decoded = try kept.byteArray(row, 0)?.withUnsafeBytes { try Batch(decoding: $0) }
                #expect(decoded == bad.first { $0.stream == kept.uuid(row, 1) })
            }
            // They have moved on.
            #expect(await ingest.commit(bad[0]) == .committed(nextPosition: 20))
            #expect(ingest.statistics.snapshot.rejects == bad.count)
        }
    }

    /// Batches 0 ..< 20, each of a stream of its own, that the database refuses.
    private func spoiled(_ kind: StreamKind) throws -> [Batch] {
        func batch(_ change: (inout Batch.Records) -> Void) -> Batch {
            var batch = KindStream(kind: kind).batch(0..<20)
            change(&batch.records)
            return batch
        }
        switch kind {
        case .scalars:
            var named = KindStream(kind: kind)
            named.names[2].name = "bad"
            let attempted = batch { records in
                guard case .scalars(var scalars) = records else { return }
                scalars.attempt = 9
                records = .scalars(scalars)
            }
            return [attempted, named.batch(0..<20)]
        case .windows:
            return [\InferenceWindow.endpoint, \InferenceWindow.model.name].enumerated().map { index, path in
                batch { records in
                    guard case .inferenceWindows(var windows) = records else { return }
                    windows.windows[5][keyPath: path] = index == 0 ? "/bad" : "bad"
                    records = .inferenceWindows(windows)
                }
            }
        case .samples:
            return [
                batch { records in
                    guard case .systemSamples(var samples) = records else { return }
                    samples.devices[1] = "bad"
                    records = .systemSamples(samples)
                }
            ]
        case .series:
            return (0..<3).map { change in
                batch { records in
                    guard case .seriesWindows(var windows) = records else { return }
                    switch change {
                    case 0: windows.series[1].name = "bad"
                    case 1: windows.durationsMs[11] = 7
                    default: windows.histograms[11] = ValueHistogram(buckets: [7], counts: [1]) ?? .init()
                    }
                    records = .seriesWindows(windows)
                }
            }
        case .experiments:
            return [#"{"a": "\u0000"}"#, "{", "[1]", "1", String(repeating: #"{"a":"#, count: 12_000)].map {
                json in
                batch { records in
                    guard case .experimentEvents(var events) = records else { return }
                    events[7].metricsJSON = json
                    records = .experimentEvents(events)
                }
            }
        }
    }
}
