import HyperstepRecorder
import HyperstepWire

#if canImport(FoundationEssentials)
    import struct FoundationEssentials.UUID
#else
    import struct Foundation.UUID
#endif

/// A recorder's ring as batches of its stream.
protocol RingSource: Sendable {
    var stream: UUID { get }
    var level: RingLevel { get }
    /// The batch that begins at `position` (or where the ring begins, if later) and covers at most `limit`
    /// positions; nil when nothing is published there yet.
    func batch(from position: UInt64, limit: Int) -> Batch?
    func release(upTo position: UInt64)
}

/// The ring of training steps.
struct StepSource: RingSource {
    let ring: StepRing
    let identity: RecorderIdentity

    var stream: UUID { ring.stream }
    var level: RingLevel { ring.level }
    func release(upTo position: UInt64) { ring.release(upTo: position) }

    func batch(from position: UInt64, limit: Int) -> Batch? {
        var builder = StepColumnsBuilder(identity: identity, capacity: min(limit, ring.level.used))
        let reading = ring.read(from: position, limit: limit) { _, record in builder.append(record) }
        guard !reading.isEmpty else { return nil }
        return Batch(
            stream: stream, reading: reading, level: level, records: .trainingSteps(builder.finish()))
    }
}

/// The ring of run events.
struct EventSource: RingSource {
    let ring: EventRing

    var stream: UUID { ring.stream }
    var level: RingLevel { ring.level }
    func release(upTo position: UInt64) { ring.release(upTo: position) }

    func batch(from position: UInt64, limit: Int) -> Batch? {
        var events: [RunEvent] = []
        var damage: WireError?
        let reading = ring.read(from: position, limit: min(limit, WireLimits.maxEvents)) { _, payload in
            do throws(WireError) {
                events.append(try RunEvent(decoding: payload))
                return true
            } catch {
                damage = error
                return false
            }
        }
        if !reading.isEmpty {
            return Batch(stream: stream, reading: reading, level: level, records: .runEvents(events))
        }
        // The event at the front cannot be read: the stream goes on without it, and says so.
        return damage.map { damage in
            Batch(
                stream: stream, firstPosition: reading.positions.lowerBound, positionCount: 1,
                droppedRecords: level.dropped,
                records: .skip(Skip(reason: .damaged, detail: "a run event is damaged: \(damage)")))
        }
    }
}

extension Batch {
    fileprivate init(stream: UUID, reading: RingReading, level: RingLevel, records: Records) {
        // A batch of voids alone has no rows, which the contract has no form for but a skip.
        let records: Records =
            reading.recordCount == 0
            ? .skip(Skip(reason: .damaged, detail: "the process was killed inside the recording calls"))
            : records
        var voids = reading.voidOffsets
        if case .skip = records { voids = [] }
        self.init(
            stream: stream, firstPosition: reading.positions.lowerBound,
            positionCount: UInt64(reading.positions.count), voidOffsets: voids,
            droppedRecords: level.dropped, records: records)
    }
}
