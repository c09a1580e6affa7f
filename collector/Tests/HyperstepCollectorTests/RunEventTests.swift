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
    "What run events make of a run",
    .needsDatabase, .mayBlock)
struct RunEventTests {
    private let run = UUID()
    private let model = Model(id: UUID(), name: "mlp", version: "2")

    private func event(
        _ second: Int64, attempt: Int16 = 0, rank: Int16 = 0, _ event: RunEvent.Event
    ) -> RunEvent {
        RunEvent(
            time: TestStream.epoch + second * 1_000_000_000, runID: run, attempt: attempt, rank: rank,
            event: event)
    }

    private func started(_ parameters: String = "", tags: [String] = [], host: String = "a") -> RunEvent.Event
    {
        .started(
            RunStarted(
                project: "digits", name: "first", model: model, parametersJSON: parameters, tags: tags,
                host: host, processID: 42, sdk: "hyperstep-swift/0.1.0"))
    }

    /// The run's row after each list of events, in the order given, each event in a transaction of its own.
    private func rows(after lists: [[RunEvent]], _ edition: TestEdition) throws -> [[String]] {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            try RunStatements.prepare(on: connection)
            return try lists.map { events in
                try connection.execute("TRUNCATE runs, models")
                for event in events { try RunStatements.apply([event], on: connection) }
                return try row(connection)
            }
        }
    }

    private func row(_ connection: PostgresConnection) throws -> [String] {
        let row = try connection.query(
            """
            SELECT coalesce(status, '-'), attempt::text, coalesce(project, '-'), coalesce(host, '-'),
                   parameters::text, array_to_string(tags, ' '),
                   coalesce((extract(epoch FROM started) - 1700000000)::int::text, '-'),
                   coalesce((extract(epoch FROM finished) - 1700000000)::int::text, '-'),
                   (extract(epoch FROM last_heartbeat) - 1700000000)::int::text,
                   coalesce(finish_reason, '-')
            FROM runs WHERE id = $1
            """, [.uuid(run)])
        return (0..<10).map { row.text(0, $0) ?? "" }
    }

    @Test("A run that starts, changes, lives and finishes", arguments: TestEdition.all)
    func whole(edition: TestEdition) throws {
        let events = [
            event(0, started(#"{"lr": 0.1, "seed": 7}"#, tags: ["b", "a"])),
            event(1, .changed(parametersJSON: #"{"lr": 0.2}"#, tags: ["a", "c"])),
            event(2, .heartbeat), event(3, .finished(.failed, reason: "out of memory")),
        ]
        let expected = [
            "failed", "0", "digits", "a", #"{"lr": 0.2, "seed": 7}"#, "b a c", "0", "3", "3", "out of memory",
        ]
        #expect(try rows(after: [events], edition) == [expected])
    }

    @Test("Events in any order make the same row", arguments: TestEdition.all)
    func anyOrder(edition: TestEdition) throws {
        let events = [
            event(0, started(#"{"lr": 0.1, "seed": 7}"#, tags: ["a"])),
            event(1, .changed(parametersJSON: #"{"lr": 0.2}"#, tags: [])),
            event(3, .finished(.killed, reason: "")),
        ]
        let expected = ["killed", "0", "digits", "a", #"{"lr": 0.2, "seed": 7}"#, "a", "0", "3", "3", "-"]
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
        let rows = try rows(after: orders.map { $0.map { events[$0] } }, edition)
        for (order, row) in zip(orders, rows) { #expect(row == expected, "\(order)") }
    }

    @Test(
        "A later attempt runs again; what the one before says late undoes nothing", arguments: TestEdition.all
    )
    func resume(edition: TestEdition) throws {
        let first = [event(0, started(host: "a")), event(5, .finished(.failed, reason: "x"))]
        let second = [event(10, attempt: 1, started(host: "b")), event(12, attempt: 1, .heartbeat)]
        let running = ["running", "1", "digits", "b", "{}", "", "0", "-", "12", "-"]
        let orders = [first + second, second + first, [first[0], second[1], first[1], second[0]]]
        #expect(try rows(after: orders, edition) == [running, running, running])
    }

    @Test(
        "A later attempt's parameters hold, whatever the clock of the one before says; a heartbeat leaves them",
        arguments: TestEdition.all)
    func parametersByAttempt(edition: TestEdition) throws {
        let (old, new) = (
            event(1_000, started(#"{"lr": 0.1, "seed": 7}"#)),
            event(10, attempt: 1, started(#"{"lr": 0.01}"#))
        )
        let late = event(2_000, .changed(parametersJSON: #"{"lr": 0.5, "note": 1}"#, tags: []))
        let change = event(5, attempt: 1, .changed(parametersJSON: #"{"seed": 8}"#, tags: []))
        let heartbeat = event(3_000, attempt: 1, .heartbeat)
        let found = try rows(
            after: [
                [old, new], [new, old], [old, late, heartbeat, new, heartbeat],
                [heartbeat, old, new, late], [old, new, change],
            ], edition
        ).map { $0[4] }
        let all = #"{"lr": 0.01, "note": 1, "seed": 7}"#
        let both = #"{"lr": 0.01, "seed": 7}"#
        // Of one attempt the newer event holds: the change is older than its start, and the seed nobody's newer.
        #expect(found == [both, both, all, all, both])
    }

    @Test("A run of which only a heartbeat is seen has a row", arguments: TestEdition.all)
    func heartbeatOnly(edition: TestEdition) throws {
        let expected = ["running", "0", "-", "-", "{}", "", "-", "-", "4", "-"]
        #expect(try rows(after: [[event(4, rank: 3, .heartbeat)]], edition) == [expected])
    }

    @Test("Another process's end counts only where it failed", arguments: TestEdition.all)
    func ranks(edition: TestEdition) throws {
        let start = event(0, started())
        let other = event(1, rank: 1, started(#"{"x": 1}"#, host: "elsewhere"))
        let finished = event(2, rank: 1, .finished(.finished, reason: ""))
        let failed = event(2, rank: 1, .finished(.failed, reason: "nccl"))
        let rows = try rows(after: [[start, other, finished], [start, other, failed]], edition)
        #expect(rows[0][0] == "running")
        #expect(rows[1] == ["failed", "0", "digits", "a", #"{"x": 1}"#, "", "0", "2", "2", "nccl"])
    }

    @Test("A model has one row, with the newest name and version", arguments: TestEdition.all)
    func models(edition: TestEdition) async throws {
        let stream = TestStream()
        var renamed = model
        renamed.name = "mlp-large"
        renamed.version = ""
        let events = [model, renamed].map { RunStarted(project: "p", name: "n", model: $0) }
        try await withIngest(edition) { ingest, database in
            let batch = stream.events(events.map { .started($0) } + [.heartbeat, .heartbeat])
            #expect(await ingest.commitWhenReady(batch) == .committed(nextPosition: 4))
            let connection = try database.connect()
            let found = try connection.query("SELECT id, name, version FROM models")
            #expect(found.count == 1)
            #expect(found.uuid(0, 0) == model.id)
            #expect(found.text(0, 1) == "mlp-large" && found.text(0, 2) == "2")
            let runs = try connection.query("SELECT id, (extract(epoch FROM last_heartbeat))::int8 FROM runs")
            #expect(runs.count == 1)
            #expect(runs.uuid(0, 0) == stream.run && runs.int64(0, 1) == 1_700_000_003)
        }
    }
}
