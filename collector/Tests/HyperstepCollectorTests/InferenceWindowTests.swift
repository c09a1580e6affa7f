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

@Suite("Windows and the models they are about")
struct InferenceWindowTests {
    private func windows(_ windows: [InferenceWindow]) -> Batch {
        Batch(
            stream: UUID(), firstPosition: 0, positionCount: UInt64(windows.count),
            records: .inferenceWindows(InferenceWindows(instanceID: UUID(), windows: windows)))
    }

    private func window(_ model: Model, second: Int64) -> InferenceWindow {
        InferenceWindow(
            time: TestStream.epoch + second * 1_000_000_000, durationMs: 10_000, model: model,
            endpoint: "/predict")
    }

    @Test(
        "1 to 1,000 ms: percentiles in milliseconds of their kinds, requests per second, and null where nothing was",
        .needsDatabase, .mayBlock,
        arguments: TestEdition.all)
    func percentiles(edition: TestEdition) async throws {
        var full = window(Model(id: UUID(), name: "m"), second: 0)
        full.requestCount = 1_000
        full.histograms = [
            LatencyHistogram(
                kind: .request,
                distribution: Histogram(nanoseconds: (1...1_000).map { UInt64($0) * 1_000_000 })),
            LatencyHistogram(
                kind: .timePerOutputToken,
                distribution: Histogram(nanoseconds: (1...1_000).map { UInt64($0) * 10_000 })),
        ]
        let empty = window(full.model, second: 1)
        try await withIngest(edition) { ingest, database in
            #expect(await ingest.commitWhenReady(windows([full, empty])) == .committed(nextPosition: 2))
            let found = try database.connect().query(
                """
                SELECT latency_p50, latency_p90, latency_p99, time_per_output_token_p50, time_per_output_token_p99,
                       time_to_first_token_p50, time_to_first_token_p99, throughput_rps, cpu_usage
                FROM model_performance ORDER BY time
                """)
            try #require(found.count == 2)
            for (place, expected) in [500.0, 900, 990, 5, 9.9].enumerated() {
                let value = try #require(found.double(0, place))
                #expect(abs(value / expected - 1) <= 1 / 128 + 1e-9, "\(value) for \(expected)")
                #expect(found.double(1, place) == nil)
            }
            for place in [5, 6, 8] { #expect(found.double(0, place) == nil) }
            #expect(found.double(0, 7) == 100 && found.double(1, 7) == 0)
            let sums = try database.connect().query(
                "SELECT kind::int, sum(count)::bigint FROM latency_histogram GROUP BY kind ORDER BY kind")
            #expect(sums.count == 2)
            #expect(sums.int64(0, 0) == 1 && sums.int64(0, 1) == 1_000)
            #expect(sums.int64(1, 0) == 3 && sums.int64(1, 1) == 1_000)
        }
    }

    @Test(
        "They make a model's row and give it its newest name, whichever comes first; what is old changes nothing",
        .needsDatabase, .mayBlock,
        arguments: TestEdition.all)
    func models(edition: TestEdition) async throws {
        let id = UUID()
        try await withIngest(edition) { ingest, database in
            let connection = try database.connect()
            func name(after batch: Batch) async throws -> [String?] {
                _ = await ingest.commitWhenReady(batch)
                let row = try connection.query("SELECT name, version, xmin::text FROM models")
                try #require(row.count == 1)
                return (0..<3).map { row.text(0, $0) }
            }
            let (old, new) = (Model(id: id, name: "a", version: "1"), Model(id: id, name: "b"))
            #expect(try await name(after: windows([window(old, second: 5)])).prefix(2) == ["a", "1"])
            let renamed = try await name(after: windows([window(new, second: 9), window(old, second: 7)]))
            #expect(renamed.prefix(2) == ["b", "1"])
            // Neither an old window nor one that says nothing new touches the row.
            #expect(try await name(after: windows([window(old, second: 8)])) == renamed)
            #expect(try await name(after: windows([window(new, second: 20)])) == renamed)
            let stream = TestStream()
            let start = RunStarted(project: "p", name: "n", model: Model(id: id, name: "c", version: "2"))
            var event = RunEvent(time: 0, runID: stream.run, event: .started(start))
            event.time = TestStream.epoch + 30_000_000_000
            let events = Batch(
                stream: stream.id, firstPosition: 0, positionCount: 1, records: .runEvents([event]))
            #expect(try await name(after: events).prefix(2) == ["c", "2"])
        }
    }

    @Test("Of sightings that follow each other and say the same the last counts, by model and time")
    func order() {
        let (first, second) = (Model(id: UUID(), name: "a"), Model(id: UUID(), name: "b"))
        var other = first
        other.version = "2"
        let sightings = [(second, 4), (first, 9), (first, 1), (other, 5), (first, 2), (second, 3)].map {
            ModelStatements.Sighting(model: $0, time: $1)
        }
        let kept = ModelStatements.inOrder(sightings)
        let ofFirst = kept.filter { $0.model.id == first.id }
        #expect(ofFirst.map(\.time) == [2, 5, 9] && ofFirst.map(\.model) == [first, other, first])
        #expect(kept.filter { $0.model.id == second.id }.map(\.time) == [4])
        #expect(kept.map(\.model.id) == kept.map(\.model.id).sorted())
    }
}
