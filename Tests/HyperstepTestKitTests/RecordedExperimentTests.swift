import HyperstepWire
import Testing

@testable import HyperstepTestKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("Experiments as a test's collector keeps them")
struct RecordedExperimentTests {
    private let stream = UUID()
    private let id = UUID()
    private let other = UUID()

    private func event(_ id: UUID, time: Int64, _ status: String, _ metrics: String = "") -> ExperimentEvent {
        ExperimentEvent(
            time: time * 1_000_000_000, experimentID: id, modelID: UUID(), metricsJSON: metrics,
            status: status)
    }

    private func batch(_ events: [ExperimentEvent], voids: [UInt32] = []) -> Batch {
        Batch(
            stream: stream, firstPosition: 0, positionCount: UInt64(events.count + voids.count),
            voidOffsets: voids, records: .experimentEvents(events))
    }

    @Test("Each row is there once and in its order; the newest by its time says how the experiment stands")
    func rows() throws {
        let sent = batch(
            [
                event(id, time: 1, "running"), event(other, time: 2, "running"),
                event(id, time: 5, "finished", #"{"a":1,"b":"NaN","c":"what","d":null}"#),
                event(id, time: 3, "running"), event(other, time: 2, "abandoned"),
            ], voids: [1])
        var recorded = Recorded()
        // The second time all of it is there already.
        recorded.add(sent, from: 0)
        recorded.add(sent, from: 6)
        #expect(recorded.experiments.map(\.id) == [id, other])
        let first = try #require(recorded.experiments.first)
        #expect(first.rows.map(\.time.timeIntervalSince1970) == [1, 5, 3])
        #expect(first.status == .finished)
        #expect(first.metrics.keys.sorted() == ["a", "b"])
        #expect(first.metrics["a"] == 1 && first.metrics["b"]?.isNaN == true)
        let last = try #require(recorded.experiments.last)
        #expect(last.rows.map(\.status) == [.running, .other("abandoned")])
        #expect(last.status == .other("abandoned"))
        // Of what overlaps only what is new.
        recorded.add(sent, from: 4)
        #expect(recorded.experiments.map(\.rows.count) == [4, 3])
    }
}
