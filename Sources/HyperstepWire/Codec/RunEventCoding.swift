import CHyperstepProto

private typealias CEvent = Hyperstep__V1__RunEvent
private typealias CStarted = Hyperstep__V1__RunStarted
private typealias CFinished = Hyperstep__V1__RunFinished
private typealias CChanged = Hyperstep__V1__RunChanged
private typealias CHeartbeat = Hyperstep__V1__RunHeartbeat

extension RunEvent {
    /// The event alone as bytes: how a recorder's event ring holds it.
    public func encoded() -> [UInt8] {
        let writer = MessageWriter()
        return writer.bytes(of: message(writer))
    }

    /// Reads an event that `encoded()` made.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        self = try MessageReader.unpack(
            bytes, with: { hyperstep__v1__run_event__unpack($0, $1, $2) }, named: "RunEvent"
        ) { message throws(WireError) in try RunEvent(message, "run_event") }
    }

    func message(_ writer: MessageWriter) -> UnsafeMutablePointer<Hyperstep__V1__RunEvent> {
        let message: UnsafeMutablePointer<CEvent> = writer.make { hyperstep__v1__run_event__init($0) }
        message.pointee.time = time
        message.pointee.run_id = writer.data(runID)
        message.pointee.attempt = UInt32(clamping: attempt)
        message.pointee.rank = UInt32(clamping: rank)
        switch event {
        case .started(let started):
            message.pointee.event_case = HYPERSTEP__V1__RUN_EVENT__EVENT_STARTED
            message.pointee.started = started.message(writer)
        case .finished(let status, let reason):
            let finished: UnsafeMutablePointer<CFinished> = writer.make {
                hyperstep__v1__run_finished__init($0)
            }
            finished.pointee.status = Hyperstep__V1__RunFinished__Status(rawValue: status.rawValue)
            finished.pointee.reason = writer.string(reason)
            message.pointee.event_case = HYPERSTEP__V1__RUN_EVENT__EVENT_FINISHED
            message.pointee.finished = finished
        case .changed(let parametersJSON, let tags):
            let changed: UnsafeMutablePointer<CChanged> = writer.make { hyperstep__v1__run_changed__init($0) }
            changed.pointee.parameters_json = writer.string(parametersJSON)
            changed.pointee.n_tags = tags.count
            changed.pointee.tags = writer.copy(tags.map { writer.string($0) })
            message.pointee.event_case = HYPERSTEP__V1__RUN_EVENT__EVENT_CHANGED
            message.pointee.changed = changed
        case .heartbeat:
            let heartbeat: UnsafeMutablePointer<CHeartbeat> = writer.make {
                hyperstep__v1__run_heartbeat__init($0)
            }
            message.pointee.event_case = HYPERSTEP__V1__RUN_EVENT__EVENT_HEARTBEAT
            message.pointee.heartbeat = heartbeat
        }
        return message
    }

    init(_ message: borrowing Hyperstep__V1__RunEvent, _ field: String) throws(WireError) {
        self.init(
            time: try MessageReader.time(message.time, "\(field).time"),
            runID: try MessageReader.uuid(message.run_id, "\(field).run_id"),
            attempt: try MessageReader.small(message.attempt, "\(field).attempt"),
            rank: try MessageReader.small(message.rank, "\(field).rank"),
            event: try Self.event(message, field))
    }

    private static func event(
        _ message: borrowing Hyperstep__V1__RunEvent, _ field: String
    ) throws(WireError) -> Event {
        if message.event_case == HYPERSTEP__V1__RUN_EVENT__EVENT_STARTED, let started = message.started {
            return .started(try RunStarted(started.pointee, "\(field).started"))
        }
        if message.event_case == HYPERSTEP__V1__RUN_EVENT__EVENT_FINISHED, let finished = message.finished {
            return .finished(
                RunStatus(rawValue: UInt32(finished.pointee.status.rawValue)) ?? .unspecified,
                reason: try MessageReader.text(
                    finished.pointee.reason, "\(field).finished.reason", length: 0...WireLimits.maxReasonBytes
                ))
        }
        if message.event_case == HYPERSTEP__V1__RUN_EVENT__EVENT_CHANGED, let changed = message.changed {
            return .changed(
                parametersJSON: try MessageReader.text(
                    changed.pointee.parameters_json, "\(field).changed.parameters_json",
                    length: 0...WireLimits.maxJSONBytes),
                tags: try RunStarted.tags(
                    changed.pointee.tags, changed.pointee.n_tags, "\(field).changed.tags"))
        }
        if message.event_case == HYPERSTEP__V1__RUN_EVENT__EVENT_HEARTBEAT { return .heartbeat }
        throw WireError(
            field: "\(field).event",
            reason: "expected started, finished, changed or heartbeat, got none of them")
    }
}

extension RunStarted {
    fileprivate func message(_ writer: MessageWriter) -> UnsafeMutablePointer<Hyperstep__V1__RunStarted> {
        let message: UnsafeMutablePointer<CStarted> = writer.make { hyperstep__v1__run_started__init($0) }
        message.pointee.project = writer.string(project)
        message.pointee.name = writer.string(name)
        message.pointee.model = model.message(writer)
        message.pointee.parameters_json = writer.string(parametersJSON)
        message.pointee.n_tags = tags.count
        message.pointee.tags = writer.copy(tags.map { writer.string($0) })
        message.pointee.host = writer.string(host)
        message.pointee.process_id = processID
        message.pointee.sdk = writer.string(sdk)
        message.pointee.from_step = writer.stepNumber(fromStep)
        return message
    }

    fileprivate init(_ message: borrowing Hyperstep__V1__RunStarted, _ field: String) throws(WireError) {
        guard let model = message.model else {
            throw WireError(field: "\(field).model", reason: "expected a model, got none")
        }
        let name = 1...WireLimits.maxNameBytes
        let optional = 0...WireLimits.maxNameBytes
        self.init(
            project: try MessageReader.text(message.project, "\(field).project", length: name),
            name: try MessageReader.text(message.name, "\(field).name", length: name),
            model: try Model(model.pointee, "\(field).model"),
            parametersJSON: try MessageReader.text(
                message.parameters_json, "\(field).parameters_json", length: 0...WireLimits.maxJSONBytes),
            tags: try Self.tags(message.tags, message.n_tags, "\(field).tags"),
            host: try MessageReader.text(message.host, "\(field).host", length: optional),
            processID: message.process_id,
            sdk: try MessageReader.text(message.sdk, "\(field).sdk", length: optional),
            fromStep: MessageReader.stepNumber(message.from_step))
    }

    fileprivate static func tags(
        _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int, _ field: String
    ) throws(WireError) -> [String] {
        guard count <= WireLimits.maxTags else {
            throw WireError(field: field, reason: "expected at most \(WireLimits.maxTags) tags, got \(count)")
        }
        var tags: [String] = []
        for text in UnsafeBufferPointer(start: pointer, count: count) {
            tags.append(try MessageReader.text(text, field, length: 1...WireLimits.maxNameBytes))
        }
        return tags
    }
}
