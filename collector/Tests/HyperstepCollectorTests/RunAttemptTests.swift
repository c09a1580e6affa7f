import HyperstepPostgres
import HyperstepWire
import Logging
import TestDatabases
import Testing

@testable import HyperstepCollector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite(
    "Attempts of a run and the view of its steps",
    .needsDatabase, .mayBlock)
struct RunAttemptTests {
    private let run = UUID()
    private let model = UUID()

    /// A batch of a stream of its own.
    private func steps(_ steps: [Int64], attempt: Int16, rank: Int16 = 0, of run: UUID? = nil) -> Batch {
        var records = TrainingSteps(modelID: model, runID: run ?? self.run, attempt: attempt, rank: rank)
        records.times = steps.map { TestStream.epoch + Int64(attempt) * 1_000_000_000 + $0 }
        records.steps = steps
        return Batch(
            stream: UUID(), firstPosition: 0, positionCount: UInt64(steps.count),
            records: .trainingSteps(records))
    }

    private func started(_ attempt: Int16, from step: Int64?, rank: Int16 = 0) -> Batch {
        let start = RunStarted(
            project: "p", name: "n", model: Model(id: model, name: "m"), host: "host \(rank)", fromStep: step)
        let event = RunEvent(
            time: TestStream.epoch, runID: run, attempt: attempt, rank: rank, event: .started(start))
        return Batch(
            stream: UUID(), firstPosition: 0, positionCount: 1, records: .runEvents([event]))
    }

    /// Step and attempt of the view's rows.
    private func seen(_ database: TestDatabase) throws -> [String] {
        let rows = try database.connect().query(
            "SELECT step || ':' || attempt FROM training_steps WHERE run_id = $1 ORDER BY step, attempt, rank",
            [.uuid(run)])
        return (0..<rows.count).map { rows.text($0, 0) ?? "" }
    }

    @Test(
        "Whatever comes first, the view shows each step once, by the newest attempt",
        arguments: TestEdition.all)
    func anyOrder(edition: TestEdition) async throws {
        let batches = [
            steps(Array(0..<6), attempt: 0), steps([4, 5, 6], attempt: 1), steps([5], attempt: 2),
            started(0, from: nil), started(1, from: 4), started(2, from: 5),
        ]
        let expected = ["0:0", "1:0", "2:0", "3:0", "4:1", "5:2"]
        for order in [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [2, 0, 1, 4, 3, 5]] {
            try await withIngest(edition) { ingest, database in
                for index in order {
                    let outcome = await ingest.commitWhenReady(batches[index])
                    #expect(outcome == .committed(nextPosition: batches[index].positionCount))
                    let rows = try seen(database)
                    let steps = rows.compactMap { $0.split(separator: ":").first }
                    #expect(steps.count == Set(steps).count, "a step twice after \(index) of \(order)")
                }
                #expect(try seen(database) == expected, "\(order)")
                let rows = try database.connect().query("SELECT count(*) FROM training_metrics")
                #expect(rows.int64(0, 0) == 10)
            }
        }
    }

    @Test("A step below those seen before moves the beginning of its attempt", arguments: TestEdition.all)
    func lower(edition: TestEdition) async throws {
        try await withIngest(edition) { ingest, database in
            for batch in [
                steps([1, 2, 3, 4], attempt: 0), steps([4], attempt: 1), steps([5], attempt: 1),
                steps([3], attempt: 1, rank: 1),
            ] {
                _ = await ingest.commitWhenReady(batch)
            }
            let rows = try seen(database)
            #expect(rows == ["1:0", "2:0", "3:1", "4:1", "5:1"])
        }
    }

    @Test(
        "An attempt that announced itself and recorded nothing supersedes already", arguments: TestEdition.all
    )
    func announced(edition: TestEdition) async throws {
        try await withIngest(edition) { ingest, database in
            for batch in [steps([0, 1, 2], attempt: 0), started(1, from: 1), started(1, from: 1, rank: 3)] {
                _ = await ingest.commitWhenReady(batch)
            }
            #expect(try seen(database) == ["0:0"])
            let row = try database.connect().query(
                "SELECT from_step, host, started IS NOT NULL FROM run_attempts WHERE run_id = $1 AND attempt = 1",
                [.uuid(run)])
            #expect(row.int64(0, 0) == 1 && row.text(0, 1) == "host 0" && row.bool(0, 2) == true)
        }
    }

    @Test("A batch that the database refuses tells of no attempt", arguments: TestEdition.all)
    func rolledBack(edition: TestEdition) async throws {
        try await withIngest(edition) { ingest, database in
            try database.connect().execute("ALTER TABLE training_metrics ADD CHECK (step <> 13)")
            _ = await ingest.commitWhenReady(steps([13, 14], attempt: 1))
            let refused = await ingest.commit(steps([13], attempt: 1))
            guard case .rejected = refused else {
                Issue.record("\(refused)")
                return
            }
            let connection = try database.connect()
            #expect(try connection.query("SELECT FROM run_attempts").count == 0)
            // What was told in the transaction that failed was not kept for true.
            _ = await ingest.commit(steps([14], attempt: 1))
            let row = try connection.query("SELECT from_step FROM run_attempts WHERE attempt = 1")
            #expect(row.int64(0, 0) == 14)
        }
    }

    @Test("Two collectors that write the same attempts at once hinder each other in nothing")
    func concurrently() async throws {
        let edition = try #require(TestEdition.all.first)
        try await withIngest(edition, writers: 4) { ingest, database in
            _ = await ingest.commitWhenReady(steps([0], attempt: 0))
            let other = try makeIngest(database, writers: 4)
            _ = await other.commitWhenReady(steps([0], attempt: 0, rank: 1))
            // A stream's writer is one of four, and each of them has to be connected.
            while ingest.statistics.snapshot.connections + other.statistics.snapshot.connections < 8 {
                try await Task.sleep(for: .milliseconds(5))
            }
            let runs = (0..<5).map { _ in UUID() }
            var batches: [Batch] = []
            for number in 0..<200 {
                let step = Int64(1_000 - number)
                batches.append(
                    steps([step], attempt: Int16(1 + number % 3), rank: Int16(number), of: runs[number % 5]))
            }
            let halves = [Array(batches[..<100]), Array(batches[100...])]
            async let first = ingest.commit(halves[0])
            async let second = other.commit(halves[1])
            let outcomes = await first + second
            #expect(outcomes.allSatisfy { $0 == .committed(nextPosition: 1) })
            await other.drain(timeout: .seconds(20))
            let rows = try database.connect().query(
                """
                SELECT count(*), count(*) FILTER (WHERE a.from_step = m.first) FROM run_attempts AS a
                JOIN (SELECT run_id, attempt, min(step) AS first FROM training_metrics GROUP BY 1, 2) AS m
                USING (run_id, attempt)
                """)
            #expect(rows.int64(0, 0) == 15 && rows.int64(0, 1) == 15)
            #expect(try wronglySuperseded(database) == 0)
            #expect(try database.connect().query("SELECT FROM run_attempts").count == 20)
        }
    }

    /// Attempts whose `superseded_from` is not the lowest `from_step` of the later ones.
    private func wronglySuperseded(_ database: TestDatabase) throws -> Int64? {
        try database.connect().query(
            """
            SELECT count(*) FROM run_attempts AS a WHERE superseded_from IS DISTINCT FROM
                (SELECT min(from_step) FROM run_attempts WHERE run_id = a.run_id AND attempt > a.attempt)
            """
        ).int64(0, 0)
    }

    @Test(
        "Transactions that add attempts of the same runs side by side leave none out of what the view hides",
        arguments: TestEdition.all)
    func sideBySide(edition: TestEdition) async throws {
        try await withTestDatabase(edition) { database in
            _ = try Migrator(database.connect()).run()
            let runs = [UUID(), UUID()].sorted { $0.uuidString < $1.uuidString }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        let connection = try database.connect()
                        try RunAttempts.prepare(on: connection)
                        var random = SeededGenerator(seed: UInt64(writer))
                        for _ in 0..<40 {
                            try connection.execute("BEGIN")
                            for run in runs {
                                let attempt = Int16.random(in: 0...12, using: &random)
                                let step = Int64.random(in: 0...1_000, using: &random)
                                _ = try connection.query(
                                    prepared: "an attempt's row",
                                    [.uuid(run), .int16(attempt), .int64(step), .null, .null])
                            }
                            try connection.execute("COMMIT")
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try wronglySuperseded(database) == 0)
            // By hand as well, upwards too.
            try database.connect().execute(
                "UPDATE run_attempts SET from_step = 1000 - attempt WHERE attempt > 3")
            #expect(try wronglySuperseded(database) == 0)
            #expect(try database.connect().query("SELECT FROM run_attempts").count == 26)
        }
    }

    @Test(
        "The view shows what no later attempt went back behind, in whatever order attempts arrive",
        arguments: TestEdition.all, [UInt64(1), 2, 3])
    func likeTheDefinition(edition: TestEdition, seed: UInt64) async throws {
        try await withIngest(edition) { ingest, database in
            var random = SeededGenerator(seed: seed)
            for _ in 0..<60 {
                let attempt = Int16.random(in: 0...9, using: &random)
                let first = Int64(attempt) * 7 + Int64.random(in: -10...10, using: &random)
                let outcome = await ingest.commitWhenReady(
                    Bool.random(using: &random)
                        ? started(attempt, from: first)
                        : steps(Array(first..<first + 20), attempt: attempt))
                guard case .committed = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
            }
            let rows = try database.connect().query(
                """
                WITH expected AS (
                    SELECT * FROM training_metrics AS m WHERE NOT EXISTS (
                        SELECT FROM run_attempts AS a
                        WHERE a.run_id = m.run_id AND a.attempt > m.attempt AND a.from_step <= m.step)
                ), seen AS (SELECT * FROM training_steps)
                SELECT (SELECT count(*) FROM (SELECT * FROM expected EXCEPT ALL SELECT * FROM seen) AS d),
                       (SELECT count(*) FROM (SELECT * FROM seen EXCEPT ALL SELECT * FROM expected) AS d),
                       (SELECT count(*) FROM seen), (SELECT count(*) FROM training_metrics)
                """)
            #expect(rows.int64(0, 0) == 0 && rows.int64(0, 1) == 0)
            #expect(rows.int64(0, 2) ?? 0 > 0 && rows.int64(0, 2) ?? 0 < rows.int64(0, 3) ?? 0)
        }
    }

    @Test(
        "A number that is none of an attempt makes 1,000 rows, and hides what the attempts before it did",
        arguments: TestEdition.all)
    func wildAttempt(edition: TestEdition) async throws {
        try await withIngest(edition) { ingest, database in
            for batch in [
                steps(Array(0..<6), attempt: 0), steps([4, 5], attempt: 7), steps([5], attempt: .max),
            ] {
                guard case .committed = await ingest.commitWhenReady(batch) else {
                    Issue.record("it is not committed")
                    return
                }
            }
            #expect(try seen(database) == ["0:0", "1:0", "2:0", "3:0", "4:7", "5:32767"])
            #expect(try wronglySuperseded(database) == 0)
            let rows = try database.connect().query("SELECT count(*) FROM run_attempts")
            // The attempt itself, the 1,000 before it, and the eight that there were.
            #expect(rows.int64(0, 0) == 1_009)
        }
    }

    @Test(
        "A database of an earlier version with resumed runs gets their attempts, of compressed rows too",
        arguments: TestEdition.all, [Int32(2), 7])
    func upgrade(edition: TestEdition, version: Int32) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            var earlier = MigrationSet.embedded
            earlier.versioned.removeAll { $0.version ?? 0 > version }
            earlier.repeatable = []
            _ = try Migrator(connection, migrations: earlier).run()
            try connection.execute(
                """
                INSERT INTO runs (id, attempt, status, started) VALUES
                    ('\(run)', 2, 'running', now() - interval '3 hours'),
                    (gen_random_uuid(), 0, 'running', now()), (gen_random_uuid(), 1, 'failed', NULL);
                INSERT INTO training_metrics (time, model_id, run_id, epoch, batch, step, attempt)
                SELECT now() - attempt * interval '1 hour', '\(model)', '\(run)', 0, 0, step, attempt
                FROM (VALUES (1, 0), (2, 0), (3, 0), (4, 0), (3, 1), (4, 1), (2, 2)) AS v (step, attempt);
                """)
            if edition.name == "community" {
                try connection.execute(
                    """
                    ALTER TABLE training_metrics SET (timescaledb.compress, timescaledb.compress_segmentby = 'run_id');
                    SELECT compress_chunk(c) FROM show_chunks('training_metrics', older_than => interval '10 minutes') AS c
                    """)
            }
            _ = try Migrator(connection).run()
            #expect(try seen(database) == ["1:0", "2:2"])
            #expect(try wronglySuperseded(database) == 0)
            let first = try connection.query(
                "SELECT string_agg(attempt || ':' || from_step, ' ' ORDER BY attempt) FROM run_attempts")
            #expect(first.text(0, 0) == "1:3 2:2")
            // Nobody was silent before anybody listened.
            #expect(try CrashedRuns.mark(silentFor: .seconds(120), on: connection) == [])
            // They go on as others do.
            try RunAttempts.prepare(on: connection)
            _ = try connection.query(
                prepared: "an attempt's row", [.uuid(run), .int16(3), .int64(1), .null, .null])
            #expect(try seen(database) == [])
        }
    }

    @Test(
        "An attempt of which there are only scalars is there, and hides nothing", arguments: TestEdition.all)
    func onlyScalars(edition: TestEdition) async throws {
        try await withIngest(edition) { ingest, database in
            _ = await ingest.commitWhenReady(steps([1], attempt: 0))
            for value in 0..<2 {
                var scalars = Scalars(runID: run, attempt: 2)
                (scalars.metrics, scalars.times) = ([Metric(name: "a")], [TestStream.epoch + Int64(value)])
                (scalars.metricIndexes, scalars.steps, scalars.values) = ([0], [0], [0.5])
                _ = await ingest.commitWhenReady(
                    Batch(stream: UUID(), firstPosition: 0, positionCount: 1, records: .scalars(scalars)))
            }
            #expect(try seen(database) == ["1:0"])
            let runs = DatabaseRuns(url: try PostgresURL(database.url))
            #expect(
                await runs.find(run)
                    == .known(RunState(runID: run, attempt: 2, status: "running")))
            _ = await ingest.commitWhenReady(steps([1], attempt: 2))
            #expect(try seen(database) == ["1:2"])
        }
    }
}
