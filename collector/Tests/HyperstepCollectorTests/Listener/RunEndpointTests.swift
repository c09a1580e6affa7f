import HyperstepHTTP2
import HyperstepPostgres
import HyperstepWire
import NIOCore
import TestDatabases
import Testing

@testable import HyperstepCollector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("What a collector says of a run")
struct RunEndpointTests {
    @Test("Each finding has its answer")
    func answers() throws {
        let state = RunState(runID: UUID(), attempt: 3, status: "crashed")
        let known = RunEndpoint.response(to: .known(state))
        #expect(known.status == 200)
        #expect(try known.body.withUnsafeReadableBytes { try RunState(decoding: $0) } == state)
        func error(_ response: HTTP2Response) throws -> IngestError {
            try response.body.withUnsafeReadableBytes { try IngestError(decoding: $0) }
        }
        let unknown = RunEndpoint.response(to: .unknown)
        #expect(unknown.status == 404)
        #expect(try error(unknown).field == "run_id")
        let unavailable = RunEndpoint.response(to: .unavailable(reason: "why"))
        #expect(unavailable.status == 503 && unavailable.header("retry-after") == "1")
    }

    @Test(
        "The database tells attempt and status, from whatever it has of the run",
        .needsDatabase, .mayBlock,
        arguments: TestEdition.all)
    func finds(edition: TestEdition) async throws {
        try await withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            let runs = DatabaseRuns(url: try PostgresURL(database.url), timeout: .seconds(600))
            let ids = (0..<4).map { _ in UUID() }
            try connection.execute(
                """
                INSERT INTO runs (id, attempt, status) VALUES ('\(ids[0])', 1, 'failed'), ('\(ids[1])', 0, 'running');
                INSERT INTO run_attempts (run_id, attempt) VALUES ('\(ids[0])', 0), ('\(ids[0])', 2);
                INSERT INTO ingest_streams (stream_id, next_position, run_id) VALUES (gen_random_uuid(), 5, '\(ids[2])');
                """)
            #expect(
                await runs.find(ids[0])
                    == .known(RunState(runID: ids[0], attempt: 2, status: "failed")))
            #expect(
                await runs.find(ids[1]) == .known(RunState(runID: ids[1], attempt: 0, status: "running")))
            #expect(
                await runs.find(ids[2])
                    == .known(RunState(runID: ids[2], attempt: 0, status: "running")))
            #expect(await runs.find(ids[3]) == .unknown)
        }
    }

    @Test("Without a database it says that it cannot tell")
    func noDatabase() async throws {
        let runs = DatabaseRuns(url: try PostgresURL("postgresql://nobody@127.0.0.1:1/none"))
        guard case .unavailable = await runs.find(UUID()) else {
            Issue.record("it told something")
            return
        }
    }
}
