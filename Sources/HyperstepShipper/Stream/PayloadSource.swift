import HyperstepRecorder
import HyperstepWire

#if canImport(FoundationEssentials)
    import struct FoundationEssentials.UUID
#else
    import struct Foundation.UUID
#endif

/// A ring whose slots hold bytes of any length.
protocol PayloadRing: RecorderRing {
    func read(
        from position: UInt64, limit: Int, _ body: (UInt64, UnsafeRawBufferPointer) -> Bool
    ) -> RingReading
}

extension EventRing: PayloadRing {}
extension WindowRing: PayloadRing {}

/// A ring whose slots hold encoded records, one each.
protocol PayloadSource: RingSource where Ring: PayloadRing {
    associatedtype Record
    /// How many records one batch may hold.
    var mostRecords: Int { get }
    func decode(_ payload: UnsafeRawBufferPointer) throws(WireError) -> Record
    /// What a batch of these records holds.
    func records(_ records: [Record]) -> Batch.Records
}

/// The payloads of one batch stay below it, so that a body does, too.
private let mostPayloadBytes = WireLimits.maxBodyBytes / 2

extension PayloadSource {
    var mostRecords: Int { WireLimits.maxEvents }

    func batch(from position: UInt64, limit: Int) -> Batch? {
        var decoded: [Record] = []
        var damage: WireError?
        var bytes = 0
        let reading = ring.read(from: position, limit: min(limit, mostRecords)) { _, payload in
            bytes += payload.count
            guard bytes <= mostPayloadBytes || decoded.isEmpty else { return false }
            do throws(WireError) {
                decoded.append(try decode(payload))
                return true
            } catch {
                damage = error
                return false
            }
        }
        if !reading.isEmpty {
            return Batch(stream: stream, reading: reading, level: level, records: records(decoded))
        }
        // The record at the front cannot be read: the stream goes on without it, and says so.
        return damage.map { damage in
            Batch(
                stream: stream, firstPosition: reading.positions.lowerBound, positionCount: 1,
                droppedRecords: level.dropped,
                records: .skip(
                    Skip(reason: .damaged, detail: "one of the \(kind.rawValue) is damaged: \(damage)")))
        }
    }
}

/// The ring of run events.
struct EventSource: PayloadSource {
    let ring: EventRing

    var kind: StreamKind { .events }

    func decode(_ payload: UnsafeRawBufferPointer) throws(WireError) -> RunEvent {
        try RunEvent(decoding: payload)
    }
    func records(_ records: [RunEvent]) -> Batch.Records { .runEvents(records) }
}

/// The ring of experiments' events.
struct ExperimentSource: PayloadSource {
    let ring: EventRing

    var kind: StreamKind { .experiments }

    func decode(_ payload: UnsafeRawBufferPointer) throws(WireError) -> ExperimentEvent {
        try ExperimentEvent(decoding: payload)
    }
    func records(_ records: [ExperimentEvent]) -> Batch.Records { .experimentEvents(records) }
}

/// The ring of windows.
struct WindowSource: PayloadSource {
    let ring: WindowRing
    let instanceID: UUID

    var kind: StreamKind { .windows }

    func decode(_ payload: UnsafeRawBufferPointer) throws(WireError) -> InferenceWindow {
        try InferenceWindow(decoding: payload)
    }
    func records(_ records: [InferenceWindow]) -> Batch.Records {
        .inferenceWindows(InferenceWindows(instanceID: instanceID, windows: records))
    }
}
