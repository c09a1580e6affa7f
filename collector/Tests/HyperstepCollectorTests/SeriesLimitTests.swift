import HyperstepHistogram
import HyperstepPostgres
import HyperstepWire
import TestDatabases
import Testing

@testable import HyperstepCollector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A process whose position p is a window of p records of the series "series p % count", and every fifth position void.
private struct CountedStream: Sendable {
    let id = UUID()
    let instance = UUID()
    var service = "api"
    var names = 6
    var first = 0

    static func isVoid(_ position: UInt64) -> Bool { position % 5 == 4 }

    func name(_ position: UInt64) -> String { "series \(first + Int(position) % names)" }

    func batch(_ positions: Range<UInt64>) -> Batch {
        var windows = SeriesWindows(instanceID: instance, service: service)
        windows.series = (first..<first + names).map {
            Series(name: "series \($0)", kind: .recorder, dimensions: [.init(key: "k", value: "v\n")])
        }
        for position in positions where !Self.isVoid(position) {
            windows.seriesIndexes.append(UInt32(position % UInt64(names)))
            windows.times.append(TestStream.epoch + Int64(position) * 1_000_000)
            windows.durationsMs.append(10)
            windows.counts.append(position)
            windows.nonFiniteCounts.append(0)
            windows.histograms.append(ValueHistogram(values: [Double(position)]))
        }
        let sums = windows.counts.map { $0 % 2 == 0 ? Double($0) : nil }
        windows.sum = DoubleColumn(sums)
        return Batch(
            stream: id, firstPosition: positions.lowerBound, positionCount: UInt64(positions.count),
            voidOffsets: positions.filter(Self.isVoid).map { UInt32($0 - positions.lowerBound) },
            records: .seriesWindows(windows))
    }

    /// Checks that positions 0 ..< end of the first series are rows with their histograms, the others are kept
    /// aside, and none is both, or there twice.
    func expect(_ end: UInt64, series limit: Int, in connection: PostgresConnection) throws {
        let positions = (0..<end).filter { !Self.isVoid($0) }
        let rows = try connection.query(
            """
            SELECT name || '=' || w.count || '/' || coalesce(sum::text, '-') || '/' || count(h.count)
            FROM service_metrics AS w JOIN series ON id = series_id
            LEFT JOIN service_histogram AS h USING (time, series_id, instance_id)
            WHERE instance_id = $1 AND service = $2 GROUP BY name, w.time, w.count, w.sum
            """, [.uuid(instance), .text(service)])
        func line(_ position: UInt64) -> String {
            "\(name(position))=\(position)/\(position % 2 == 0 ? "\(position)" : "-")/1"
        }
        #expect(
            (0..<rows.count).compactMap { rows.text($0, 0) }.sorted()
                == positions.filter { $0 % UInt64(names) < limit }.map(line).sorted())
        #expect(
            try kept(connection).sorted()
                == positions.filter { $0 % UInt64(names) >= limit }.map(line).sorted())
    }

    /// What `ingest_rejects` holds of it, by its positions.
    private func kept(_ connection: PostgresConnection) throws -> [String] {
        let rows = try connection.query(
            "SELECT batch FROM ingest_rejects WHERE stream_id = $1 AND sqlstate = '54000'", [.uuid(id)])
        return try (0..<rows.count).flatMap { row -> [String] in
            let bytes = try #require(rows.byteArray(row, 0))
            let batch = try bytes.withUnsafeBytes { try Batch(decoding: $0) }
            guard case .seriesWindows(let windows) = batch.records else { return [] }
            #expect(windows.instanceID == instance && windows.service == service)
            var sums = ColumnCursor(windows.sum, from: 0)
            return windows.times.indices.map { place in
                let sum = sums.next().map { "\(Int($0))" } ?? "-"
                // Where it says the window was is where it was.
                #expect(batch.position(ofRow: place) == windows.counts[place])
                return "\(windows.series[Int(windows.seriesIndexes[place])].name)=\(windows.counts[place])/"
                    + "\(sum)/\(windows.histograms[place].buckets.count)"
            }
        }
    }
}

@Suite(
    "A service with more series than it may have",
    .needsDatabase, .mayBlock)
struct SeriesLimitTests {
    private func settings(_ limit: Int) -> WriterSettings {
        var settings = WriterSettings()
        settings.seriesPerService = limit
        return settings
    }

    @Test(
        "Windows of further series are kept aside with the reason; its others, and all neighbours', are written",
        arguments: TestEdition.all)
    func keptAside(edition: TestEdition) async throws {
        var settings = settings(4)
        settings.groupDelay = .seconds(2)
        settings.groupQuiet = .milliseconds(150)
        // The same names for a service of other bytes, and for none, are other series.
        let stream = CountedStream(service: "sch\u{F6}n")
        let neighbours = [
            CountedStream(service: "scho\u{308}n", names: 4), CountedStream(service: "", names: 4),
        ]
        try await withIngest(edition, settings: settings) { ingest, database in
            _ = await ingest.commitWhenReady(TestStream().batch(0..<1))
            let outcomes = await ingest.commit([stream.batch(0..<20)] + neighbours.map { $0.batch(0..<20) })
            guard case .rejected(let refusal, 20) = outcomes[0] else {
                Issue.record("\(outcomes[0])")
                return
            }
            for part in [
                "\"series 4\" {k=\"v\u{FFFD}\"}, \"series 5\"", "4 series", "services.series", stream.service,
            ] {
                #expect(refusal.reason.contains(part), "\(refusal.reason)")
            }
            #expect(refusal.count == 5)
            #expect(outcomes[1...].allSatisfy { $0 == .committed(nextPosition: 20) })
            // A duplicate, and one that has nothing to refuse.
            #expect(await ingest.commit(stream.batch(0..<20)) == .committed(nextPosition: 20))
            #expect(await ingest.commit(stream.batch(18..<22)) == .committed(nextPosition: 22))

            let connection = try database.connect()
            try stream.expect(22, series: 4, in: connection)
            for neighbour in neighbours { try neighbour.expect(20, series: 4, in: connection) }
            #expect(try connection.query("SELECT FROM series").count == 12)
            #expect(ingest.statistics.snapshot.rejects == 1 && ingest.statistics.snapshot.retries == 0)
        }
    }

    @Test("What was kept aside is taken as a stream of its own once more are allowed")
    func takenAgain() async throws {
        let edition = try #require(TestEdition.all.first)
        let stream = CountedStream()
        try await withIngest(edition, settings: settings(2)) { ingest, database in
            _ = await ingest.commitWhenReady(stream.batch(0..<30))
            let connection = try database.connect()
            let row = try connection.query("SELECT batch FROM ingest_rejects")
            let bytes = try #require(row.byteArray(0, 0))
            var kept = try bytes.withUnsafeBytes { try Batch(decoding: $0) }
            (kept.stream, kept.firstPosition) = (UUID(), 0)
            let more = try makeIngest(database, settings: settings(6))
            #expect(await more.commitWhenReady(kept) == .committed(nextPosition: kept.positionCount))
            await more.drain(timeout: .seconds(20))
            try connection.execute("DELETE FROM ingest_rejects")
            try stream.expect(30, series: 6, in: connection)
        }
    }

    @Test(
        "The longest series that the contract allows is stored, and found again", arguments: TestEdition.all)
    func longest(edition: TestEdition) async throws {
        var random = SeededGenerator(seed: 5)
        // What cannot be compressed into an entry of the index.
        func text(_ bytes: Int) -> String {
            String(
                decoding: (0..<bytes).map { _ in UInt8.random(in: 33...126, using: &random) }, as: UTF8.self)
        }
        var windows = SeriesWindows(instanceID: UUID(), service: text(256))
        var dimensions = (0..<32).map { _ in Series.Dimension(key: text(10), value: text(10)) }
        dimensions.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        windows.series = [
            Series(name: text(256), kind: .gauge, unit: text(128), dimensions: dimensions)
        ]
        windows.times = [TestStream.epoch]
        (windows.seriesIndexes, windows.durationsMs) = ([0], [1])
        (windows.counts, windows.nonFiniteCounts, windows.histograms) = ([1], [0], [ValueHistogram()])
        let bytes = try Batch(
            stream: UUID(), firstPosition: 0, positionCount: 1, records: .seriesWindows(windows)
        ).encoded()
        let batch = try bytes.withUnsafeBytes { try Batch(decoding: $0) }
        try await withIngest(edition) { ingest, database in
            #expect(await ingest.commitWhenReady(batch) == .committed(nextPosition: 1))
            let another = try makeIngest(database)
            var next = batch
            next.stream = UUID()
            #expect(await another.commitWhenReady(next) == .committed(nextPosition: 1))
            await another.drain(timeout: .seconds(20))
            let found = try database.connect().query(
                "SELECT count(*), count(DISTINCT series_id) FROM service_metrics JOIN series ON id = series_id"
            )
            #expect(found.int64(0, 0) == 2 && found.int64(0, 1) == 1)
        }
    }

    @Test("Collectors that meet a service at once never give it too many", arguments: TestEdition.all)
    func concurrent(edition: TestEdition) async throws {
        try await withTestDatabase(edition) { database in
            _ = try Migrator(database.connect()).run()
            let collectors = try (0..<4).map { _ in try makeIngest(database, settings: settings(10)) }
            for collector in collectors { _ = await collector.commitWhenReady(TestStream().batch(0..<1)) }
            await withTaskGroup(of: Void.self) { group in
                for (index, collector) in collectors.enumerated() {
                    group.addTask {
                        for part in 0..<6 {
                            // One by one the collectors come to different series.
                            let stream = CountedStream(names: 3, first: (index * 5 + part * 3) % 24)
                            switch await collector.commit(stream.batch(0..<3)) {
                            case .committed(3), .rejected(_, 3): break
                            case let other: Issue.record("\(other)")
                            }
                        }
                    }
                }
            }
            for collector in collectors { await collector.drain(timeout: .seconds(20)) }
            let counts = try database.connect().query(
                """
                SELECT (SELECT count(*) FROM series), (SELECT max(id) FROM series),
                       (SELECT count(DISTINCT series_id) FROM service_metrics),
                       (SELECT count(*) FROM service_metrics), (SELECT count(*) FROM service_histogram),
                       (SELECT sum(position_count) FROM ingest_rejects)::bigint
                """)
            for column in 0..<3 { #expect(counts.int64(0, column) == 10) }
            let (rows, kept) = (counts.int64(0, 3) ?? 0, counts.int64(0, 5) ?? 0)
            #expect(rows >= 10 && rows < 72 && rows + kept >= 72 && counts.int64(0, 4) == rows)
        }
    }

    @Test(
        "Through cut connections and lost acks each window is a row or kept aside, once",
        arguments: TestEdition.all)
    func cutConnections(edition: TestEdition) async throws {
        let streams = [
            CountedStream(), CountedStream(service: "other", names: 3), CountedStream(service: "", names: 9),
        ]
        let end: UInt64 = 1_500
        try await withTestDatabase(edition) { database in
            _ = try Migrator(database.connect()).run()
            let collectors = try (0..<2).map { _ in
                try makeIngest(database, writers: 2, settings: settings(4))
            }
            // In their order, so that it is known which series are too many.
            for stream in streams { _ = await collectors[0].commitWhenReady(stream.batch(0..<10)) }
            await produceThroughFaults(
                streams.map { stream in { stream.batch($0) } }, upTo: end, through: collectors,
                into: database,
                seed: 14, atMost: 30)
            for stream in streams { try stream.expect(end, series: 4, in: database.connect()) }
        }
    }
}
