import Hyperstep
import HyperstepHTTP2
import HyperstepPostgres
import HyperstepTestKit
import HyperstepWire
import Logging
import NIOCore
import NIOPosix
import TestDatabases
import Testing

@testable import HyperstepCollector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// TestKit promises to answer as the collector does; it cannot share code with it.
@Suite(
    "TestKit's collector beside the real one",
    .needsDatabase, .mayBlock)
struct TestKitAnswersTests {
    private let run = UUID()
    private let model = Model(id: UUID(), name: "m")

    private func steps(_ steps: ClosedRange<Int64>, attempt: Int16, at second: Int64) -> Batch {
        var records = TrainingSteps(modelID: model.id, runID: run, attempt: attempt)
        records.steps = Array(steps)
        records.times = steps.map { TestStream.epoch + second * 1_000_000_000 + $0 * 1_000 }
        records.epochs = steps.map { _ in 0 }
        records.batches = records.epochs
        return batch(.trainingSteps(records), steps.count)
    }

    private func event(_ event: RunEvent.Event, attempt: Int16, rank: Int16 = 0, at second: Int64) -> Batch {
        let event = RunEvent(
            time: TestStream.epoch + second * 1_000_000_000, runID: run, attempt: attempt, rank: rank,
            event: event)
        return batch(.runEvents([event]), 1)
    }

    private func started(_ attempt: Int16, rank: Int16 = 0, from step: Int64? = nil, at second: Int64)
        -> Batch
    {
        let start = RunStarted(project: "p", name: "n", model: model, fromStep: step)
        return event(.started(start), attempt: attempt, rank: rank, at: second)
    }

    private func scalar(attempt: Int16, at second: Int64) -> Batch {
        var records = Scalars(runID: run, attempt: attempt)
        records.metrics = [Metric(name: "a")]
        records.times = [TestStream.epoch + second * 1_000_000_000]
        (records.metricIndexes, records.steps, records.values) = ([0], [1], [0.5])
        return batch(.scalars(records), 1)
    }

    private func batch(_ records: Batch.Records, _ count: Int) -> Batch {
        Batch(stream: UUID(), firstPosition: 0, positionCount: UInt64(count), records: records)
    }

    /// A run's life as it may arrive, each with what both then have to say the same of.
    private var life: [Batch] {
        [
            scalar(attempt: 0, at: 1), steps(0...9, attempt: 0, at: 2), started(0, rank: 1, at: 1),
            started(0, at: 1), event(.finished(.finished, reason: ""), attempt: 0, rank: 1, at: 3),
            event(.finished(.failed, reason: "why"), attempt: 0, rank: 1, at: 4),
            scalar(attempt: 2, at: 6), steps(5...6, attempt: 1, at: 5), started(2, from: 5, at: 6),
            steps(5...7, attempt: 2, at: 7), event(.heartbeat, attempt: 1, at: 8),
            event(.finished(.killed, reason: "late"), attempt: 1, at: 8),
            // Of the past, by the clock of its process.
            steps(8...9, attempt: 2, at: 0), event(.heartbeat, attempt: 3, at: 9),
            event(.finished(.finished, reason: ""), attempt: 3, at: 10),
        ]
    }

    @Test("They answer the same about a run, whatever came of it", arguments: TestEdition.all)
    func same(edition: TestEdition) async throws {
        try await withIngest(edition) { ingest, database in
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            var settings = ListenerSettings()
            settings.address = try ListenAddress("127.0.0.1:0")
            let listener = try await CollectorListener.bind(
                settings, sink: ingest, readiness: ScriptedProbe(),
                runs: DatabaseRuns(url: try PostgresURL(database.url)), logger: logger)
            await listener.accept()
            let real = try await ListenerFixture.connect(to: listener)
            try await withTestCollector { collector in
                let kit = try await connect(to: collector)
                try await ask([real, kit], "/v1/runs/\(run)")
                for (index, batch) in life.enumerated() {
                    #expect(
                        await ingest.commitWhenReady(batch) == .committed(nextPosition: batch.positionCount))
                    let response = try await kit.send(
                        HTTP2Request(
                            method: "POST", authority: "kit", path: "/v1/ingest",
                            headers: [("content-type", "application/x-protobuf")],
                            body: ByteBuffer(bytes: try batch.encoded()))
                    ).response.get()
                    #expect(response.status == 200)
                    try await ask([real, kit], "/v1/runs/\(run)", "after batch \(index)")
                }
                for path in ["", "x", "\(UUID())", "\(run)?a=b", "\(run)/"] {
                    try await ask([real, kit], "/v1/runs/" + path)
                }
                try await ask([real, kit], "/v1/runs/\(run)", method: "POST")
                #expect(collector.runs.first?.fromStep == 5)
                try await kit.close().get()
            }
            try await real.close().get()
            await listener.shutDown()
        }
    }

    private func connect(to collector: TestCollector) async throws -> HTTP2Client {
        let port = try #require(collector.settings.endpoint?.split(separator: ":").last.flatMap { Int($0) })
        return try await HTTP2Client.connect(
            host: "127.0.0.1", port: port, on: MultiThreadedEventLoopGroup.singleton.next()
        ).get()
    }

    /// Asks both, and compares all but the words that are for people.
    private func ask(
        _ clients: [HTTP2Client], _ path: String, method: String = "GET", _ comment: Comment = ""
    ) async throws {
        var answers: [String] = []
        for client in clients {
            let response = try await client.send(
                HTTP2Request(method: method, authority: "both", path: path)
            ).response.get()
            let state = response.body.withUnsafeReadableBytes { try? RunState(decoding: $0) }
            let said = state.map { "\($0)" } ?? response.ingestError?.field ?? "nothing"
            let headers = ["content-type", "allow", "retry-after"].map { response.header($0) ?? "-" }
            answers.append("\(method) \(path): \(response.status) \(headers) \(said)")
        }
        #expect(answers[0] == answers[1], comment)
    }
}
