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

/// A run whose position p is a value p of the metric "metric p % names", and every fifth position void.
private struct NamedStream: Sendable {
    let id = UUID()
    var run = UUID()
    var names = 6
    var spacing: Int64 = 1_000_000

    static func isVoid(_ position: UInt64) -> Bool { position % 5 == 4 }

    func name(_ position: UInt64) -> String { "metric \(position % UInt64(names))" }

    func batch(_ positions: Range<UInt64>) -> Batch {
        var scalars = Scalars(runID: run)
        scalars.metrics = (0..<names).map { Metric(name: "metric \($0)") }
        for position in positions where !Self.isVoid(position) {
            scalars.metricIndexes.append(UInt32(position % UInt64(names)))
            scalars.times.append(TestStream.epoch + Int64(position) * spacing)
            scalars.steps.append(Int64(position))
            scalars.values.append(Double(position))
        }
        return Batch(
            stream: id, firstPosition: positions.lowerBound, positionCount: UInt64(positions.count),
            voidOffsets: positions.filter(Self.isVoid).map { UInt32($0 - positions.lowerBound) },
            records: .scalars(scalars))
    }

    /// Checks that of positions 0 ..< end those of the first names are rows, the others are kept aside, and none
    /// is both, or there twice.
    func expect(_ end: UInt64, names limit: Int, in connection: PostgresConnection) throws {
        let positions = (0..<end).filter { !Self.isVoid($0) }
        let rows = try connection.query(
            "SELECT name || '=' || step FROM run_metrics JOIN metrics ON id = metric_id WHERE run_id = $1",
            [.uuid(run)])
        #expect(
            (0..<rows.count).compactMap { rows.text($0, 0) }.sorted()
                == positions.filter { $0 % UInt64(names) < limit }.map { "\(name($0))=\($0)" }.sorted())
        #expect(
            try kept(connection).sorted()
                == positions.filter { $0 % UInt64(names) >= limit }.map { "\(name($0))=\($0)" }.sorted())
    }

    /// How many values of these positions a run with so many names is refused.
    func refusals(in positions: Range<UInt64>, names limit: UInt64) -> UInt64 {
        UInt64(positions.count { !Self.isVoid($0) && $0 % UInt64(names) >= limit })
    }

    /// What `ingest_rejects` holds of it, by its positions.
    private func kept(_ connection: PostgresConnection) throws -> [String] {
        let rows = try connection.query(
            """
            SELECT batch, first_position, position_count FROM ingest_rejects
            WHERE stream_id = $1 AND sqlstate = '54000'
            """, [.uuid(id)])
        return try (0..<rows.count).flatMap { row -> [String] in
            let bytes = try #require(rows.byteArray(row, 0))
            let batch = try bytes.withUnsafeBytes { try Batch(decoding: $0) }
            guard case .scalars(let scalars) = batch.records else { return [] }
            #expect(rows.int64(row, 1) == Int64(batch.firstPosition))
            #expect(rows.int64(row, 2) == Int64(batch.positionCount))
            return scalars.metricIndexes.indices.map { place in
                // Where it says the value was is where it was.
                #expect(batch.position(ofRow: place) == UInt64(scalars.values[place]))
                return "\(scalars.metrics[Int(scalars.metricIndexes[place])].name)=\(scalars.steps[place])"
            }
        }
    }
}

@Suite(
    "A run with more metrics than it may have",
    .needsDatabase, .mayBlock)
struct MetricNameLimitTests {
    private func settings(_ limit: Int) -> WriterSettings {
        var settings = WriterSettings()
        settings.metricNamesPerRun = limit
        return settings
    }

    @Test(
        "Values by further names are kept aside with the reason; its others, and all neighbours', are written",
        arguments: TestEdition.all)
    func keptAside(edition: TestEdition) async throws {
        var settings = settings(4)
        settings.groupDelay = .seconds(2)
        settings.groupQuiet = .milliseconds(150)
        let (stream, neighbour) = (NamedStream(), NamedStream(names: 4))
        try await withIngest(edition, settings: settings) { ingest, database in
            _ = await ingest.commitWhenReady(TestStream().batch(0..<1))
            let before = ingest.statistics.snapshot
            let outcomes = await ingest.commit([stream.batch(0..<20), neighbour.batch(0..<20)])
            guard case .rejected(let refusal, 20) = outcomes[0] else {
                Issue.record("\(outcomes[0])")
                return
            }
            let reason = refusal.reason
            #expect(refusal.count == stream.refusals(in: 0..<20, names: 4))
            let run = "\(stream.run)"
            for part in ["\"metric 4\", \"metric 5\"", "4 metrics", "runs.metric.names", run] {
                #expect(reason.contains(part), "\(reason)")
            }
            #expect(outcomes[1] == .committed(nextPosition: 20))
            // A duplicate, one that overlaps, and one that has nothing to refuse.
            #expect(await ingest.commit(stream.batch(0..<20)) == .committed(nextPosition: 20))
            let overlapping = await ingest.commit(stream.batch(15..<30))
            let fewer = stream.refusals(in: 20..<30, names: 4)
            #expect(overlapping == .rejected(Refusal(reason: reason, count: fewer), nextPosition: 30))
            // Of what is new nothing is refused, though of what it repeats something was.
            #expect(await ingest.commit(stream.batch(25..<32)) == .committed(nextPosition: 32))
            #expect(await ingest.commit(stream.batch(30..<34)) == .committed(nextPosition: 34))

            let connection = try database.connect()
            try stream.expect(34, names: 4, in: connection)
            try neighbour.expect(20, names: 4, in: connection)
            let reasons = try connection.query("SELECT DISTINCT reason FROM ingest_rejects")
            #expect(reasons.count == 1 && reasons.text(0, 0) == reason)
            // Nothing is left of the names either.
            #expect(try connection.query("SELECT FROM metrics").count == 4)
            #expect(try connection.query("SELECT FROM run_metric_names").count == 8)
            let after = ingest.statistics.snapshot
            #expect(after.rejects == 2 && after.retries == 0)
            let written = try connection.query("SELECT count(*) FROM run_metrics").int64(0, 0)
            #expect(after.rows - before.rows == Int(written ?? 0))
        }
    }

    @Test("Of one run only so much is kept aside; what is beyond is counted, and said to be lost")
    func boundedRejects() async throws {
        let edition = try #require(TestEdition.all.first)
        let stream = NamedStream()
        var settings = settings(2)
        settings.refusalsKeptPerOwner = 3
        try await withIngest(edition, settings: settings) { ingest, database in
            for round in 0..<5 as Range<UInt64> {
                let positions = 10 * round..<10 * round + 10
                let outcome = await ingest.commitWhenReady(stream.batch(positions))
                guard case .rejected(let refusal, positions.upperBound) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                #expect(refusal.count == stream.refusals(in: positions, names: 2))
                #expect(refusal.reason.contains("kept in ingest_rejects, the others") == (round < 3))
                #expect(refusal.reason.contains("lost") == (round >= 3))
            }
            let connection = try database.connect()
            #expect(try connection.query("SELECT FROM ingest_rejects").count == 3)
            #expect(
                try connection.query("SELECT FROM run_metrics").count == 50 - 10
                    - Int(stream.refusals(in: 0..<50, names: 2)))
        }
    }

    @Test("What a transaction would have kept that failed counts for nothing")
    func rolledBack() async throws {
        let edition = try #require(TestEdition.all.first)
        let (stream, run) = (NamedStream(), UUID())
        var settings = settings(2)
        settings.refusalsKeptPerOwner = 3
        settings.groupDelay = .seconds(2)
        settings.groupQuiet = .milliseconds(150)
        let poison = Batch(
            stream: UUID(), firstPosition: 0, positionCount: 1,
            records: .runEvents([
                RunEvent(
                    time: TestStream.epoch, runID: run,
                    event: .changed(parametersJSON: "no JSON", tags: []))
            ]))
        try await withIngest(edition, settings: settings) { ingest, database in
            _ = await ingest.commitWhenReady(TestStream().batch(0..<1))
            let group = [poison] + (0..<3).map { stream.batch(10 * $0..<10 * $0 + 10) }
            let outcomes = await ingest.commit(group)
            for outcome in outcomes {
                guard case .rejected = outcome else {
                    Issue.record("\(outcome)")
                    continue
                }
            }
            let kept = try database.connect().query(
                "SELECT count(*), count(*) FILTER (WHERE stream_id = $1) FROM ingest_rejects",
                [.uuid(poison.stream)])
            #expect(kept.int64(0, 0) == 4 && kept.int64(0, 1) == 1)
        }
    }

    @Test("A name that would be a line of the log is not repeated as one")
    func forged() async throws {
        let edition = try #require(TestEdition.all.first)
        try await withIngest(edition, settings: settings(1)) { ingest, _ in
            var scalars = Scalars(runID: UUID())
            scalars.metrics = ["a", "b\n2026-01-01 error all is lost"].map { Metric(name: $0) }
            (scalars.times, scalars.steps, scalars.values) = ([1, 1], [1, 1], [1, 1])
            scalars.metricIndexes = [0, 1]
            let batch = Batch(stream: UUID(), firstPosition: 0, positionCount: 2, records: .scalars(scalars))
            guard case .rejected(let refusal, 2) = await ingest.commitWhenReady(batch) else {
                Issue.record("not rejected")
                return
            }
            #expect(refusal.count == 1 && refusal.reason.contains("b\u{FFFD}2026"))
            #expect(!refusal.reason.contains("\n"))
        }
    }

    @Test("What was kept aside is taken as a stream of its own once more are allowed")
    func takenAgain() async throws {
        let edition = try #require(TestEdition.all.first)
        let stream = NamedStream()
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
            try stream.expect(30, names: 6, in: connection)
        }
    }

    @Test("A batch that takes several transactions says at its end what was refused at its beginning")
    func cut() async throws {
        let edition = try #require(TestEdition.all.first)
        var settings = settings(3)
        settings.chunksPerTransaction = 1
        // One chunk to a position. The first names that come are "metric 3" and so on.
        let stream = NamedStream(spacing: 86_400 * 1_000_000_000)
        try await withIngest(edition, settings: settings) { ingest, database in
            _ = await ingest.commitWhenReady(stream.batch(0..<3))
            let outcome = await ingest.commit(stream.batch(3..<9))
            guard case .rejected(_, 9) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            try stream.expect(9, names: 3, in: database.connect())
        }
    }

    @Test("Collectors that meet a run at once never give it too many", arguments: TestEdition.all)
    func concurrent(edition: TestEdition) async throws {
        let run = UUID()
        try await withTestDatabase(edition) { database in
            _ = try Migrator(database.connect()).run()
            let collectors = try (0..<4).map { _ in try makeIngest(database, settings: settings(10)) }
            for collector in collectors { _ = await collector.commitWhenReady(TestStream().batch(0..<1)) }
            await withTaskGroup(of: Void.self) { group in
                for (index, collector) in collectors.enumerated() {
                    group.addTask {
                        for part in 0..<6 {
                            var scalars = Scalars(runID: run)
                            // One by one the collectors come to different names.
                            scalars.metrics = (0..<3).map {
                                Metric(name: "\((index * 5 + part * 3 + $0) % 25)")
                            }
                            scalars.metricIndexes = [0, 1, 2]
                            scalars.times = [0, 1, 2].map { TestStream.epoch + $0 }
                            (scalars.steps, scalars.values) = ([0, 1, 2], [0, 1, 2])
                            let batch = Batch(
                                stream: UUID(), firstPosition: 0, positionCount: 3, records: .scalars(scalars)
                            )
                            switch await collector.commit(batch) {
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
                SELECT (SELECT count(*) FROM run_metric_names), (SELECT count(*) FROM metrics),
                       (SELECT count(DISTINCT metric_id) FROM run_metrics), (SELECT count(*) FROM run_metrics),
                       (SELECT sum(position_count) FROM ingest_rejects)::bigint
                """)
            for column in 0..<3 { #expect(counts.int64(0, column) == 10) }
            let (rows, kept) = (counts.int64(0, 3) ?? 0, counts.int64(0, 4) ?? 0)
            #expect(rows >= 10 && rows < 72 && rows + kept >= 72)
        }
    }

    @Test(
        "Through cut connections and lost acks each value is a row or kept aside, once",
        arguments: TestEdition.all)
    func cutConnections(edition: TestEdition) async throws {
        let streams = [NamedStream(), NamedStream(names: 3), NamedStream(names: 9)]
        let end: UInt64 = 1_500
        try await withTestDatabase(edition) { database in
            _ = try Migrator(database.connect()).run()
            let collectors = try (0..<2).map { _ in
                try makeIngest(database, writers: 2, settings: settings(4))
            }
            // In their order, so that it is known which names are too many.
            for stream in streams { _ = await collectors[0].commitWhenReady(stream.batch(0..<10)) }
            await produceThroughFaults(
                streams.map { stream in { stream.batch($0) } }, upTo: end, through: collectors,
                into: database,
                seed: 13, atMost: 30)
            for stream in streams { try stream.expect(end, names: 4, in: database.connect()) }
        }
    }
}
