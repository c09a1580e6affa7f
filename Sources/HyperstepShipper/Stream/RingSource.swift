import HyperstepRecorder
import HyperstepWire

#if canImport(FoundationEssentials)
    import struct FoundationEssentials.UUID
#else
    import struct Foundation.UUID
#endif

/// A ring of a recorder, whatever its slots hold.
protocol RecorderRing: Sendable {
    var stream: UUID { get }
    var level: RingLevel { get }
    func release(upTo position: UInt64)
}

extension StepRing: RecorderRing {}
extension ScalarRing: RecorderRing {}

/// A recorder's ring as batches of its stream.
protocol RingSource: Sendable {
    associatedtype Ring: RecorderRing
    var ring: Ring { get }
    var kind: StreamKind { get }
    /// The batch that begins at `position` (or where the ring begins, if later) and covers at most `limit`
    /// positions; nil when nothing is published there yet.
    func batch(from position: UInt64, limit: Int) -> Batch?
}

extension RingSource {
    var stream: UUID { ring.stream }
    var level: RingLevel { ring.level }
    func release(upTo position: UInt64) { ring.release(upTo: position) }
}

/// The ring of training steps.
struct StepSource: RingSource {
    let ring: StepRing
    let modelID: UUID
    let runID: UUID
    let attempt: Int16
    let rank: Int16

    var kind: StreamKind { .steps }

    func batch(from position: UInt64, limit: Int) -> Batch? {
        var builder = StepColumnsBuilder(
            steps: TrainingSteps(modelID: modelID, runID: runID, attempt: attempt, rank: rank),
            capacity: min(limit, ring.level.used))
        let reading = ring.read(from: position, limit: limit) { _, record in builder.append(record) }
        guard !reading.isEmpty else { return nil }
        return Batch(
            stream: stream, reading: reading, level: level, records: .trainingSteps(builder.finish()))
    }
}

extension Batch {
    init(stream: UUID, reading: RingReading, level: RingLevel, records: Records) {
        self.init(
            stream: stream, positions: reading.positions, voidOffsets: reading.voidOffsets, level: level,
            records: records)
    }

    init(
        stream: UUID, positions: Range<UInt64>, voidOffsets: [UInt32], level: RingLevel, records: Records
    ) {
        // A batch of voids alone has no rows, which the contract has no form for but a skip.
        let isEmpty = voidOffsets.count >= positions.count
        self.init(
            stream: stream, firstPosition: positions.lowerBound, positionCount: UInt64(positions.count),
            voidOffsets: isEmpty ? [] : voidOffsets, droppedRecords: level.dropped,
            records: isEmpty
                ? .skip(Skip(reason: .damaged, detail: "the process was killed inside the recording calls"))
                : records)
    }
}
