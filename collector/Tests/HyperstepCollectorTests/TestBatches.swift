import HyperstepWire
import Synchronization

@testable import HyperstepCollector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A stream whose record at position p is known from p alone: what arrives can be compared with what was sent.
struct TestStream: Sendable {
    let id = UUID()
    let run = UUID()
    let model = UUID()
    /// 2023-11-14T22:13:20Z, in nanoseconds.
    static let epoch: Int64 = 1_700_000_000_000_000_000
    /// From one position to the next, in nanoseconds.
    var spacing: Int64 = 1_000_000

    func isVoid(_ position: UInt64) -> Bool { position % 7 == 3 }

    func time(_ position: UInt64) -> Int64 { Self.epoch + Int64(position) * spacing }

    func batch(_ positions: Range<UInt64>, dropped: UInt64 = 0) -> Batch {
        var steps = TrainingSteps(modelID: model, runID: run, attempt: 1, rank: 2)
        var loss: [Double?] = []
        for position in positions where !isVoid(position) {
            steps.times.append(time(position))
            steps.steps.append(Int64(position))
            steps.epochs.append(Int32(position / 100))
            steps.batches.append(Int32(position % 100))
            loss.append(position % 3 == 0 ? nil : Double(position) + 0.5)
        }
        steps[.loss] = DoubleColumn(loss)
        steps[.learningRate] = DoubleColumn(values: steps.steps.map { Double($0) / 8 })
        let voids = positions.filter(isVoid).map { UInt32($0 - positions.lowerBound) }
        return Batch(
            stream: id, firstPosition: positions.lowerBound, positionCount: UInt64(positions.count),
            voidOffsets: voids, droppedRecords: dropped, records: .trainingSteps(steps))
    }

    func events(_ events: [RunEvent.Event], at first: UInt64 = 0) -> Batch {
        Batch(
            stream: id, firstPosition: first, positionCount: UInt64(events.count),
            records: .runEvents(
                events.enumerated().map { index, event in
                    RunEvent(time: Self.epoch + Int64(index) * 1_000_000_000, runID: run, event: event)
                }))
    }
}

extension IngestSink {
    /// Submits a batch and waits for its outcome.
    func commit(_ batch: Batch) async -> IngestOutcome {
        await withCheckedContinuation { continuation in
            submit(batch, bytes: 1_000) { continuation.resume(returning: $0) }
        }
    }

    /// Submits all batches before waiting for any, and returns the outcomes in their order.
    func commit(_ batches: [Batch]) async -> [IngestOutcome] {
        let stream = AsyncStream<(Int, IngestOutcome)>.makeStream()
        for (index, batch) in batches.enumerated() {
            submit(batch, bytes: 1_000) { stream.continuation.yield((index, $0)) }
        }
        var outcomes: [Int: IngestOutcome] = [:]
        for await (index, outcome) in stream.stream {
            outcomes[index] = outcome
            if outcomes.count == batches.count { break }
        }
        return batches.indices.compactMap { outcomes[$0] }
    }

    /// Sends it again until the collector is connected and the outcome is no `unavailable`.
    func commitWhenReady(_ batch: Batch) async -> IngestOutcome {
        while true {
            let outcome = await commit(batch)
            guard case .unavailable = outcome else { return outcome }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }
}
