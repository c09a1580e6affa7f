import CHyperstepProto

private typealias CEvent = Hyperstep__V1__ExperimentEvent

extension ExperimentEvent {
    /// The event alone as bytes: how a recorder's event ring can hold it.
    ///
    /// - Throws: `WireError` naming the first field that breaks the contract.
    public func encoded() throws(WireError) -> [UInt8] {
        try check("experiment_event")
        let writer = MessageWriter()
        return writer.bytes(of: message(writer))
    }

    /// Reads an event that `encoded()` made.
    ///
    /// - Throws: `WireError` naming the field that breaks the contract.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        self = try MessageReader.unpack(
            bytes, with: { hyperstep__v1__experiment_event__unpack($0, $1, $2) }, named: "ExperimentEvent"
        ) { message throws(WireError) in try ExperimentEvent(message, "experiment_event") }
        try check("experiment_event")
    }

    /// The C struct of values that `check` has passed.
    func message(_ writer: MessageWriter) -> UnsafeMutablePointer<Hyperstep__V1__ExperimentEvent> {
        let message: UnsafeMutablePointer<CEvent> = writer.make { hyperstep__v1__experiment_event__init($0) }
        message.pointee.time = time
        message.pointee.experiment_id = writer.data(experimentID)
        message.pointee.model_id = writer.data(modelID)
        message.pointee.parameters_json = writer.string(parametersJSON)
        message.pointee.metrics_json = writer.string(metricsJSON)
        message.pointee.status = writer.string(status)
        message.pointee.worker_id = writer.string(workerID)
        message.pointee.gpu_id = writer.string(gpuID)
        return message
    }

    /// Reads the C struct, checking the length of every text.
    init(_ message: borrowing Hyperstep__V1__ExperimentEvent, _ field: String) throws(WireError) {
        let json = 0...WireLimits.maxJSONBytes
        let optional = 0...WireLimits.maxNameBytes
        self.init(
            time: message.time,
            experimentID: try MessageReader.uuid(message.experiment_id, "\(field).experiment_id"),
            modelID: try MessageReader.uuid(message.model_id, "\(field).model_id"),
            parametersJSON: try MessageReader.text(
                message.parameters_json, "\(field).parameters_json", length: json),
            metricsJSON: try MessageReader.text(message.metrics_json, "\(field).metrics_json", length: json),
            status: try MessageReader.text(
                message.status, "\(field).status", length: 1...WireLimits.maxStatusBytes),
            workerID: try MessageReader.text(message.worker_id, "\(field).worker_id", length: optional),
            gpuID: try MessageReader.text(message.gpu_id, "\(field).gpu_id", length: optional))
    }

    /// Checks every length and range.
    func check(_ field: String) throws(WireError) {
        let json = 0...WireLimits.maxJSONBytes
        let optional = 0...WireLimits.maxNameBytes
        try FieldRules.time(time, "\(field).time")
        try FieldRules.text(parametersJSON, "\(field).parameters_json", length: json)
        try FieldRules.text(metricsJSON, "\(field).metrics_json", length: json)
        try FieldRules.text(status, "\(field).status", length: 1...WireLimits.maxStatusBytes)
        try FieldRules.text(workerID, "\(field).worker_id", length: optional)
        try FieldRules.text(gpuID, "\(field).gpu_id", length: optional)
    }

    /// Checks the events of one batch.
    static func check(_ events: [ExperimentEvent]) throws(WireError) {
        let field = "experiment_events.events"
        try FieldRules.length(events.count, field, atMost: WireLimits.maxEvents)
        try FieldRules.size(
            events.reduce(0) { $0 + $1.parametersJSON.utf8.count + $1.metricsJSON.utf8.count }, field)
        for (index, event) in events.enumerated() { try event.check("\(field)[\(index)]") }
    }
}
