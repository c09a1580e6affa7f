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
    "Runs that give no sign of life",
    .needsDatabase, .mayBlock)
struct CrashedRunTests {
    private let run = UUID()

    private func event(_ second: Int64, attempt: Int16 = 0, rank: Int16 = 0, _ event: RunEvent.Event)
        -> RunEvent
    {
        RunEvent(
            time: TestStream.epoch + second * 1_000_000_000, runID: run, attempt: attempt, rank: rank,
            event: event)
    }

    private var start: RunEvent {
        event(0, .started(RunStarted(project: "p", name: "n", model: Model(id: UUID(), name: "m"))))
    }

    /// Runs `body` with a database that has the run, and was not told of it for an hour.
    private func withSilentRun(
        _ edition: TestEdition, _ body: (PostgresConnection, TestDatabase) throws -> Void
    ) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            try RunStatements.prepare(on: connection)
            try LifeSigns.prepare(on: connection)
            try RunStatements.apply([start, event(5, .heartbeat)], on: connection)
            try connection.execute("UPDATE runs SET last_seen = now() - interval '1 hour'")
            try body(connection, database)
        }
    }

    private func state(_ connection: PostgresConnection) throws -> String? {
        try connection.query(
            """
            SELECT status || coalesce(' ' || (extract(epoch FROM finished) - 1700000000)::int, '')
                || coalesce(' ' || finish_reason, '') FROM runs WHERE id = $1
            """, [.uuid(run)]
        ).text(0, 0)
    }

    @Test("A silent run is marked once, with the end that was last heard of", arguments: TestEdition.all)
    func marks(edition: TestEdition) throws {
        try withSilentRun(edition) { connection, _ in
            #expect(try CrashedRuns.mark(silentFor: .seconds(3_700), on: connection) == [])
            let marked = try CrashedRuns.mark(silentFor: .seconds(120), on: connection)
            #expect(marked == [.init(run: run, project: "p", name: "n")])
            #expect(try state(connection) == "crashed 5 no sign of life for 120 s")
            #expect(try CrashedRuns.mark(silentFor: .seconds(120), on: connection) == [])
        }
    }

    @Test("Producers' clocks do not matter: a run of another century lives", arguments: TestEdition.all)
    func skewedClock(edition: TestEdition) throws {
        try withSilentRun(edition) { connection, _ in
            try RunStatements.apply([event(-1_600_000_000, .heartbeat)], on: connection)
            #expect(try CrashedRuns.mark(silentFor: .seconds(120), on: connection) == [])
        }
    }

    @Test("Several collectors at once mark each run once")
    func together() async throws {
        let edition = try #require(TestEdition.all.first)
        try await withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            try connection.execute(
                """
                INSERT INTO runs (id, status, last_seen)
                SELECT gen_random_uuid(), CASE WHEN i % 10 = 0 THEN 'finished' ELSE 'running' END,
                       now() - interval '1 hour' FROM generate_series(1, 2000) AS i
                """)
            let marked = try await withThrowingTaskGroup(of: [UUID].self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let connection = try database.connect()
                        return try (0..<4).flatMap { _ in
                            try CrashedRuns.mark(silentFor: .seconds(120), on: connection).map(\.run)
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(marked.count == 1_800 && Set(marked).count == 1_800)
        }
    }

    @Test(
        "Signs of life make a crashed run running again; an end says how it ended", arguments: TestEdition.all
    )
    func revives(edition: TestEdition) throws {
        let cases: [(RunEvent, String)] = [
            (event(1, .heartbeat), "running"), (event(1, rank: 2, .heartbeat), "running"),
            (event(1, .changed(parametersJSON: "{}", tags: ["x"])), "running"),
            (event(1, attempt: 1, .heartbeat), "running"),
            (event(9, .finished(.finished, reason: "")), "finished 9"),
            (event(9, .finished(.failed, reason: "why")), "failed 9 why"),
            // Another process's good end says nothing of the run.
            (event(9, rank: 2, .finished(.finished, reason: "")), "crashed 5 no sign of life for 60 s"),
        ]
        for (event, expected) in cases {
            try withSilentRun(edition) { connection, _ in
                _ = try CrashedRuns.mark(silentFor: .seconds(60), on: connection)
                try RunStatements.apply([event], on: connection)
                #expect(try state(connection) == expected, "\(event.event)")
                #expect(
                    try CrashedRuns.mark(silentFor: .seconds(60), on: connection).isEmpty, "\(event.event)")
            }
        }
    }

    @Test("An earlier attempt's late events do not make a crashed run live", arguments: TestEdition.all)
    func earlierAttempt(edition: TestEdition) throws {
        try withSilentRun(edition) { connection, _ in
            try RunStatements.apply([event(7, attempt: 1, .heartbeat)], on: connection)
            try connection.execute("UPDATE runs SET last_seen = now() - interval '1 hour'")
            #expect(try CrashedRuns.mark(silentFor: .seconds(60), on: connection).count == 1)
            try RunStatements.apply([event(8, .heartbeat)], on: connection)
            #expect(try state(connection)?.hasPrefix("crashed") == true)
        }
    }

    @Test(
        "Steps or scalars alone keep a run alive, and revive it; of an ended run they change nothing",
        arguments: TestEdition.all)
    func steps(edition: TestEdition) throws {
        var steps = TrainingSteps(modelID: UUID(), runID: run)
        (steps.times, steps.steps) = ([TestStream.epoch + 7_000_000_000], [1])
        try keepsAlive(.trainingSteps(steps), edition)
        var scalars = Scalars(runID: run)
        scalars.metrics = [Metric(name: "a")]
        (scalars.times, scalars.metricIndexes) = (steps.times, [0])
        (scalars.steps, scalars.values) = ([1], [0.5])
        try keepsAlive(.scalars(scalars), edition)
    }

    private func keepsAlive(_ records: Batch.Records, _ edition: TestEdition) throws {
        let batch = Batch(stream: UUID(), firstPosition: 0, positionCount: 1, records: records)
        let rows = [BatchRows(pending: PendingBatch(batch) { _ in }, rows: 0..<1)]
        try withSilentRun(edition) { connection, _ in
            var signs = LifeSigns(interval: .seconds(3_600))
            signs.write(rows, on: connection)
            #expect(try CrashedRuns.mark(silentFor: .seconds(60), on: connection).isEmpty)
            try connection.execute("UPDATE runs SET last_seen = now() - interval '1 hour'")
            _ = try CrashedRuns.mark(silentFor: .seconds(60), on: connection)
            #expect(try state(connection) == "crashed 7 no sign of life for 60 s")
            // Not yet time for the next one.
            signs.write(rows, on: connection)
            #expect(try state(connection)?.hasPrefix("crashed") == true)
            var soon = LifeSigns(interval: .zero)
            soon.write(rows, on: connection)
            #expect(try state(connection) == "running")
            try RunStatements.apply([event(9, .finished(.killed, reason: ""))], on: connection)
            soon.write(rows, on: connection)
            #expect(try state(connection) == "killed 9")
        }
    }

    @Test(
        "Rows of a date that is still to come do not make it the run's last sign of life",
        arguments: TestEdition.all)
    func future(edition: TestEdition) throws {
        var steps = TrainingSteps(modelID: UUID(), runID: run)
        (steps.times, steps.steps) = ([TestStream.epoch + 6_000_000_000_000_000_000], [1])
        let batch = Batch(
            stream: UUID(), firstPosition: 0, positionCount: 1, records: .trainingSteps(steps))
        try withSilentRun(edition) { connection, _ in
            var signs = LifeSigns(interval: .zero)
            signs.write([BatchRows(pending: PendingBatch(batch) { _ in }, rows: 0..<1)], on: connection)
            let rows = try connection.query("SELECT last_heartbeat = last_seen FROM runs")
            #expect(rows.bool(0, 0) == true)
        }
    }

    @Test("That no run can be marked is a warning once, until it works again")
    func failures() {
        var patience = CrashPatience(silence: .seconds(120))
        #expect((0..<3).map { _ in patience.levelOfFailure() } == [.warning, .debug, .debug])
        // An answer to nothing is none.
        patience.answered(at: .now)
        #expect(patience.levelOfFailure() == .debug)
        patience.marked()
        #expect(patience.levelOfFailure() == .warning)
    }

    @Test("After an outage a collector listens as long as a run may be silent, before it marks any")
    func patience() {
        var patience = CrashPatience(silence: .seconds(120))
        #expect(patience.interval == .seconds(15))
        let start = ContinuousClock.now
        func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }
        func look(_ seconds: Int) -> Bool {
            defer { patience.answered(at: at(seconds)) }
            return patience.mayMark(at: at(seconds))
        }
        for second in stride(from: 0, to: 120, by: 15) { #expect(!look(second)) }
        #expect(look(120))
        #expect(look(135))
        patience.failed()
        for second in stride(from: 150, to: 270, by: 15) { #expect(!look(second)) }
        #expect(look(270))
        // Its process was stopped for an hour.
        #expect(!look(3_900))
        #expect(!look(3_915))
    }
}
