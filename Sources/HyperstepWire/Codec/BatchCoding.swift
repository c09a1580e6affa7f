import CHyperstepProto

private typealias CBatch = Hyperstep__V1__Batch
private typealias CSkip = Hyperstep__V1__Skip
private typealias CRunEvents = Hyperstep__V1__RunEvents

extension Batch {
    /// The batch as the body of `POST /v1/ingest`.
    ///
    /// - Throws: `WireError` naming the first field that breaks the contract.
    public func encoded() throws(WireError) -> [UInt8] {
        try check()
        let writer = MessageWriter()
        let message: UnsafeMutablePointer<CBatch> = writer.make { hyperstep__v1__batch__init($0) }
        message.pointee.stream_id = writer.data(stream)
        message.pointee.first_position = firstPosition
        message.pointee.position_count = positionCount
        message.pointee.n_void_offsets = voidOffsets.count
        message.pointee.void_offsets = writer.copy(voidOffsets)
        message.pointee.dropped_records = droppedRecords
        switch records {
        case .skip(let skip):
            let cSkip: UnsafeMutablePointer<CSkip> = writer.make { hyperstep__v1__skip__init($0) }
            cSkip.pointee.reason = Hyperstep__V1__Skip__Reason(rawValue: skip.reason.rawValue)
            cSkip.pointee.detail = writer.string(skip.detail.truncated(toBytes: WireLimits.maxDetailBytes))
            message.pointee.records_case = HYPERSTEP__V1__BATCH__RECORDS_SKIP
            message.pointee.skip = cSkip
        case .trainingSteps(let steps):
            message.pointee.records_case = HYPERSTEP__V1__BATCH__RECORDS_TRAINING_STEPS
            message.pointee.training_steps = try steps.message(writer)
        case .runEvents(let events):
            let cEvents: UnsafeMutablePointer<CRunEvents> = writer.make {
                hyperstep__v1__run_events__init($0)
            }
            cEvents.pointee.n_events = events.count
            cEvents.pointee.events = writer.copy(events.map { Optional($0.message(writer)) })
            message.pointee.records_case = HYPERSTEP__V1__BATCH__RECORDS_RUN_EVENTS
            message.pointee.run_events = cEvents
        }
        return writer.bytes(of: message)
    }

    /// Reads a request's body.
    ///
    /// Fields that this version does not know are ignored.
    /// - Throws: `WireError` naming the first field that breaks the contract. Whatever the bytes are, it
    ///   never traps and takes a bounded amount of memory.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        self = try MessageReader.unpack(
            bytes, with: { hyperstep__v1__batch__unpack($0, $1, $2) }, named: "Batch"
        ) { message throws(WireError) in
            Batch(
                stream: try MessageReader.uuid(message.stream_id, "stream_id"),
                firstPosition: message.first_position, positionCount: message.position_count,
                voidOffsets: MessageReader.array(message.void_offsets, message.n_void_offsets),
                droppedRecords: message.dropped_records, records: try Self.records(message))
        }
        try check()
    }

    private static func records(_ message: borrowing Hyperstep__V1__Batch) throws(WireError) -> Records {
        let which = message.records_case
        if which == HYPERSTEP__V1__BATCH__RECORDS_TRAINING_STEPS, let steps = message.training_steps {
            return .trainingSteps(try TrainingSteps(steps.pointee))
        }
        if which == HYPERSTEP__V1__BATCH__RECORDS_RUN_EVENTS, let events = message.run_events {
            return .runEvents(try self.events(events.pointee))
        }
        if which == HYPERSTEP__V1__BATCH__RECORDS_SKIP, let skip = message.skip {
            return .skip(
                Skip(
                    reason: Skip.Reason(rawValue: UInt32(skip.pointee.reason.rawValue)) ?? .unspecified,
                    detail: try MessageReader.text(
                        skip.pointee.detail, "skip.detail", length: 0...WireLimits.maxDetailBytes)))
        }
        throw WireError(
            field: "records",
            reason: "expected skip, training_steps or run_events, got "
                + (which == HYPERSTEP__V1__BATCH__RECORDS__NOT_SET
                    ? "none of them" : "field \(which.rawValue), which this collector does not store"))
    }

    private static func events(_ message: borrowing Hyperstep__V1__RunEvents) throws(WireError) -> [RunEvent]
    {
        guard message.n_events <= WireLimits.maxEvents else {
            throw WireError(
                field: "run_events.events",
                reason: "expected at most \(WireLimits.maxEvents), got \(message.n_events)")
        }
        var events: [RunEvent] = []
        for (index, event) in UnsafeBufferPointer(start: message.events, count: message.n_events).enumerated()
        {
            guard let event else { continue }
            events.append(try RunEvent(event.pointee, "run_events.events[\(index)]"))
        }
        return events
    }
}
