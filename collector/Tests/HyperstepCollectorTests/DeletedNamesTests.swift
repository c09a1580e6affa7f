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

@Suite(
    "Names that are deleted under a running collector",
    .needsDatabase, .mayBlock,
    .timeLimit(.minutes(10)))
struct DeletedNamesTests {
    /// How a user gets rid of names, with the rows that have them.
    static let deletions = [
        "DELETE FROM run_metrics; DELETE FROM run_metric_names; DELETE FROM metrics",
        "TRUNCATE run_metrics; TRUNCATE metrics, run_metric_names",
        "TRUNCATE run_metrics; TRUNCATE metrics RESTART IDENTITY CASCADE",
        "DELETE FROM run_metrics; UPDATE metrics SET name = 'old ' || name",
    ]

    /// 60 metrics of one run, whose values are their numbers: which value belongs to which name can be told.
    private struct SixtyMetrics {
        var stream = UUID()
        let run = UUID()

        func batch(at position: UInt64) -> Batch {
            var scalars = Scalars(runID: run)
            scalars.metrics = (0..<60).map { Metric(name: "key\($0)") }
            scalars.metricIndexes = (0..<60).map { UInt32($0) }
            scalars.times = (0..<60).map { TestStream.epoch + Int64($0) }
            scalars.steps = [Int64](repeating: Int64(position), count: 60)
            scalars.values = (0..<60).map(Double.init)
            return Batch(
                stream: stream, firstPosition: position, positionCount: 60, records: .scalars(scalars))
        }

        /// How many values are there by the name that they were recorded under.
        func rightlyNamed(in connection: PostgresConnection) throws -> Int64 {
            try connection.query(
                """
                SELECT count(*) FROM run_metrics AS r JOIN metrics AS m ON m.id = r.metric_id
                WHERE r.run_id = $1 AND m.name = 'key' || r.value
                """, [.uuid(run)]
            ).int64(0, 0) ?? -1
        }
    }

    @Test(
        "60 of 60 values land under their names after the names were deleted, and other runs took their ids",
        arguments: TestEdition.all, deletions)
    func metrics(edition: TestEdition, deletion: String) async throws {
        let (metrics, other) = (SixtyMetrics(), KindStream(kind: .scalars))
        try await withIngest(edition) { ingest, database in
            #expect(await ingest.commitWhenReady(metrics.batch(at: 0)) == .committed(nextPosition: 60))
            let connection = try database.connect()
            try connection.execute(deletion)
            let second = try makeIngest(database)
            _ = await second.commitWhenReady(other.batch(0..<100))
            #expect(await ingest.commitWhenReady(metrics.batch(at: 60)) == .committed(nextPosition: 120))
            #expect(try metrics.rightlyNamed(in: connection) == 60)
            #expect(
                try connection.query("SELECT FROM run_metrics WHERE run_id = $1", [.uuid(metrics.run)])
                    .count == 60)
            // And so do those of a run that was never deleted.
            #expect(await second.commitWhenReady(other.batch(100..<200)) == .committed(nextPosition: 200))
            await second.drain(timeout: .seconds(20))
            try other.expectExactly(200, in: database)
        }
    }

    @Test(
        "Windows land under their series after the series were deleted", arguments: TestEdition.all,
        ["DELETE FROM series", "TRUNCATE series RESTART IDENTITY"])
    func series(edition: TestEdition, deletion: String) async throws {
        let stream = KindStream(kind: .series)
        try await withIngest(edition) { ingest, database in
            #expect(await ingest.commitWhenReady(stream.batch(0..<60)) == .committed(nextPosition: 60))
            let connection = try database.connect()
            try connection.execute(
                "TRUNCATE service_metrics; TRUNCATE service_histogram; \(deletion); "
                    + "INSERT INTO series (service, name, kind) VALUES ('other', 'other', 1)")
            #expect(await ingest.commitWhenReady(stream.batch(60..<120)) == .committed(nextPosition: 120))
            let named = try connection.query(
                """
                SELECT count(*), count(s.id) FILTER (WHERE s.service <> 'other') FROM service_metrics AS r
                LEFT JOIN series AS s ON s.id = r.series_id
                """)
            let rows = Int64((60..<120).count { !stream.isVoid($0) })
            #expect(named.int64(0, 0) == rows && named.int64(0, 1) == rows)
        }
    }

    @Test(
        "A run that had as many names as it may have gets room again when they are deleted",
        arguments: TestEdition.all)
    func limit(edition: TestEdition) async throws {
        var settings = WriterSettings()
        settings.metricNamesPerRun = 60
        var metrics = SixtyMetrics()
        try await withIngest(edition, settings: settings) { ingest, database in
            #expect(await ingest.commitWhenReady(metrics.batch(at: 0)) == .committed(nextPosition: 60))
            var scalars = Scalars(runID: metrics.run)
            scalars.metrics = [Metric(name: "one more")]
            (scalars.metricIndexes, scalars.times, scalars.steps, scalars.values) = (
                [0], [TestStream.epoch], [0], [0]
            )
            let more = Batch(
                stream: UUID(), firstPosition: 0, positionCount: 1, records: .scalars(scalars))
            guard case .rejected = await ingest.commit(more) else {
                Issue.record("there was room for one more")
                return
            }
            try database.connect().execute(Self.deletions[0])
            metrics.stream = UUID()
            var again = more
            again.stream = UUID()
            #expect(await ingest.commitWhenReady(again) == .committed(nextPosition: 1))
        }
    }

    @Test(
        "An attempt that was deleted is told of again by its next rows", arguments: TestEdition.all,
        ["DELETE FROM run_attempts", "TRUNCATE run_attempts"])
    func attempts(edition: TestEdition, deletion: String) async throws {
        let stream = TestStream()
        try await withIngest(edition) { ingest, database in
            #expect(await ingest.commitWhenReady(stream.batch(0..<10)) == .committed(nextPosition: 10))
            let connection = try database.connect()
            try connection.execute(deletion)
            #expect(await ingest.commitWhenReady(stream.batch(10..<20)) == .committed(nextPosition: 20))
            let steps = try connection.query(
                "SELECT from_step FROM run_attempts WHERE run_id = $1 AND attempt = 1", [.uuid(stream.run)])
            #expect(steps.count == 1 && steps.int64(0, 0) == 11, "the first that is no void")
        }
    }

    @Test(
        "A deletion that is committed while a group is being written is seen before the group is committed",
        arguments: TestEdition.all)
    func race(edition: TestEdition) async throws {
        let metrics = SixtyMetrics()
        try await withIngest(edition) { ingest, database in
            #expect(await ingest.commitWhenReady(metrics.batch(at: 0)) == .committed(nextPosition: 60))
            // The writer knows its ids by now, and is kept in the middle of its transaction.
            let holder = try database.connect()
            try holder.execute("BEGIN; SELECT FROM ingest_streams FOR UPDATE")
            async let outcome = ingest.commit(metrics.batch(at: 60))
            try await waitForLock(1, in: database)
            let connection = try database.connect()
            try connection.execute(Self.deletions[2])
            try connection.execute(
                "INSERT INTO metrics (name) SELECT 'other' || i FROM generate_series(1, 60) i")
            try holder.execute("COMMIT")
            #expect(await outcome == .committed(nextPosition: 120))
            #expect(try metrics.rightlyNamed(in: connection) == 60)
        }
    }

    @Test(
        "Who leaves a transaction open that deletes names keeps no writer waiting, and is kept waiting by commits alone",
        arguments: TestEdition.all)
    func openTransaction(edition: TestEdition) async throws {
        let metrics = SixtyMetrics()
        try await withIngest(edition) { ingest, database in
            #expect(await ingest.commitWhenReady(metrics.batch(at: 0)) == .committed(nextPosition: 60))
            let deleter = try database.connect()
            try deleter.execute("BEGIN; DELETE FROM run_metric_names; DELETE FROM metrics")
            #expect(await ingest.commit(metrics.batch(at: 60)) == .committed(nextPosition: 120))

            // A transaction that has told its generation, and is not committed yet.
            let writer = try database.connect()
            try writer.execute("BEGIN")
            let before = try #require(try NameGeneration.read(on: writer))
            let commit = Task.detached { try deleter.execute("COMMIT") }
            try await waitForLock(1, in: database)
            #expect(try database.connect().query("SELECT FROM metrics").count == 60)
            try writer.execute("COMMIT")
            try await commit.value
            let after = try #require(try NameGeneration.read(on: writer))
            #expect(after > before)
            #expect(try writer.query("SELECT FROM hyperstep_internal.name_changes").count == 0)
            #expect(await ingest.commit(metrics.batch(at: 120)) == .committed(nextPosition: 180))
            let connection = try database.connect()
            #expect(try metrics.rightlyNamed(in: connection) == 60)
        }
    }

    /// Returns when so many sessions of the database wait for a lock.
    private func waitForLock(_ count: Int64, in database: TestDatabase) async throws {
        let connection = try database.connect()
        let waiting = """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'
            """
        while try connection.query(waiting).int64(0, 0) ?? 0 < count {
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
