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

@Suite("Heartbeats of the processes of a run")
struct HeartbeatTests {
    private let runs = [UUID(), UUID()]

    private func heartbeat(_ second: Int64, of run: UUID, attempt: Int16 = 0, rank: Int16 = 0) -> RunEvent {
        RunEvent(
            time: TestStream.epoch + second * 1_000_000_000, runID: run, attempt: attempt, rank: rank,
            event: .heartbeat)
    }

    @Test("Those of one attempt are one, where the first was, with the newest time; other events stay")
    func gathered() {
        var end = heartbeat(9, of: runs[0])
        end.event = .finished(.finished, reason: "")
        let events = (0..<500).map { heartbeat(Int64($0 % 400), of: runs[$0 % 2], rank: Int16($0)) }
        let more = [end, heartbeat(7, of: runs[0], attempt: 1), heartbeat(1_000, of: runs[1]), end]
        #expect(
            RunStatements.gathered(events + more) == [
                heartbeat(398, of: runs[0]), heartbeat(1_000, of: runs[1], rank: 1), end,
                heartbeat(7, of: runs[0], attempt: 1), end,
            ])
    }

    @Test(
        "Gathered, with whatever comes between them, they do what they do one by one",
        .needsDatabase, .mayBlock,
        arguments: TestEdition.all, [UInt64(1), 2])
    func likeOneByOne(edition: TestEdition, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            try RunStatements.prepare(on: connection)
            for _ in 0..<300 {
                let before = someEvents(atMost: 6, &random)
                let events = someEvents(atMost: 15, &random)
                try connection.execute("BEGIN")
                try RunStatements.apply(before, on: connection)
                try connection.execute(
                    """
                    UPDATE runs SET last_seen = '-infinity';
                    UPDATE runs SET status = 'crashed', finished = now(), finish_reason = 'no sign of life'
                    WHERE status = 'running' AND \(Bool.random(using: &random));
                    SAVEPOINT before
                    """)
                for event in events { try RunStatements.apply([event], on: connection) }
                let expected = try contents(connection)
                try connection.execute("ROLLBACK TO before")
                try RunStatements.apply(events, on: connection)
                #expect(try contents(connection) == expected, "\(before) \(events)")
                try connection.execute("ROLLBACK")
            }
        }
    }

    private func contents(_ connection: PostgresConnection) throws -> String? {
        try connection.query("SELECT string_agg(r::text, E'\n' ORDER BY id) FROM runs AS r").text(0, 0)
    }

    /// Events of two runs, of few attempts and processes, at few times: most of them meet.
    private func someEvents(atMost count: Int, _ random: inout SeededGenerator) -> [RunEvent] {
        (0..<Int.random(in: 0...count, using: &random)).map { _ in
            var event = heartbeat(
                Int64.random(in: 0...5, using: &random), of: runs[Int.random(in: 0...1, using: &random)],
                attempt: Int16.random(in: 0...2, using: &random),
                rank: Int16.random(in: 0...1, using: &random))
            event.event = someEvent(&random)
            return event
        }
    }

    private func someEvent(_ random: inout SeededGenerator) -> RunEvent.Event {
        let parameters = #"{"a": \#(Int.random(in: 0...9, using: &random))}"#
        return switch Int.random(in: 0...9, using: &random) {
        case 0, 1:
            .started(
                RunStarted(
                    project: "p", name: "n", model: Model(id: runs[0], name: "m"), parametersJSON: parameters,
                    tags: ["t"], host: "h\(Int.random(in: 0...9, using: &random))"))
        case 2, 3: .changed(parametersJSON: parameters, tags: [])
        case 4: .finished(.finished, reason: "")
        case 5: .finished(.failed, reason: "why")
        default: .heartbeat
        }
    }
}
