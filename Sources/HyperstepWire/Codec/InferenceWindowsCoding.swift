import CHyperstepProto
import HyperstepHistogram

private typealias CWindows = Hyperstep__V1__InferenceWindows
private typealias CWindow = Hyperstep__V1__InferenceWindow
private typealias CReading = Hyperstep__V1__Reading

extension InferenceWindows {
    /// The C struct of values that `check` has passed.
    func message(_ writer: MessageWriter) -> UnsafeMutablePointer<Hyperstep__V1__InferenceWindows> {
        let message: UnsafeMutablePointer<CWindows> = writer.make {
            hyperstep__v1__inference_windows__init($0)
        }
        message.pointee.instance_id = writer.data(instanceID)
        message.pointee.n_windows = windows.count
        message.pointee.windows = writer.copy(windows.map { Optional($0.message(writer)) })
        return message
    }

    /// Reads the C struct; what its values have to be, `check` says.
    init(_ message: borrowing Hyperstep__V1__InferenceWindows) throws(WireError) {
        self.init(
            instanceID: try MessageReader.uuid(message.instance_id, "inference_windows.instance_id"),
            windows: try MessageReader.messages(
                message.windows, message.n_windows, "inference_windows.windows", atMost: WireLimits.maxEvents
            ) { window, field throws(WireError) in try InferenceWindow(window, field) })
    }

    /// Checks every length and range.
    func check() throws(WireError) {
        let field = "inference_windows.windows"
        try FieldRules.length(windows.count, field, atMost: WireLimits.maxEvents)
        // Difference and count take a byte each at least.
        try FieldRules.size(
            windows.lazy.flatMap(\.histograms).reduce(0) { $0 + 2 * $1.distribution.buckets.count }, field)
        for (index, window) in windows.enumerated() { try window.check("\(field)[\(index)]") }
    }
}

extension InferenceWindow {
    /// The window alone as bytes: how a recorder's ring of windows holds it.
    ///
    /// - Throws: `WireError` naming the first field that breaks the contract.
    public func encoded() throws(WireError) -> [UInt8] {
        try check("inference_window")
        let writer = MessageWriter()
        return writer.bytes(of: message(writer))
    }

    /// Reads a window that `encoded()` made.
    ///
    /// - Throws: `WireError` naming the field that breaks the contract.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        self = try MessageReader.unpack(
            bytes, with: { hyperstep__v1__inference_window__unpack($0, $1, $2) }, named: "InferenceWindow"
        ) { message throws(WireError) in try InferenceWindow(message, "inference_window") }
        try check("inference_window")
    }

    fileprivate func message(
        _ writer: MessageWriter
    ) -> UnsafeMutablePointer<Hyperstep__V1__InferenceWindow> {
        let message: UnsafeMutablePointer<CWindow> = writer.make {
            hyperstep__v1__inference_window__init($0)
        }
        message.pointee.time = time
        message.pointee.duration_ms = durationMs
        message.pointee.model = model.message(writer)
        message.pointee.endpoint = writer.string(endpoint)
        message.pointee.request_count = requestCount
        message.pointee.error_count = errorCount
        message.pointee.input_tokens = inputTokens
        message.pointee.output_tokens = outputTokens
        message.pointee.cpu_usage = Self.reading(cpuUsage, writer)
        message.pointee.memory_usage = Self.reading(memoryUsage, writer)
        message.pointee.gpu_utilization = Self.reading(gpuUtilization, writer)
        message.pointee.n_histograms = histograms.count
        message.pointee.histograms = writer.copy(histograms.map { Optional($0.message(writer)) })
        return message
    }

    fileprivate init(
        _ message: borrowing Hyperstep__V1__InferenceWindow, _ field: String
    ) throws(WireError) {
        guard let model = message.model else {
            throw WireError(field: "\(field).model", reason: "expected a model, got none")
        }
        self.init(
            time: message.time, durationMs: message.duration_ms,
            model: try Model(model.pointee, "\(field).model"),
            endpoint: try MessageReader.text(
                message.endpoint, "\(field).endpoint", length: 1...WireLimits.maxNameBytes))
        requestCount = message.request_count
        errorCount = message.error_count
        inputTokens = message.input_tokens
        outputTokens = message.output_tokens
        cpuUsage = message.cpu_usage?.pointee.value
        memoryUsage = message.memory_usage?.pointee.value
        gpuUtilization = message.gpu_utilization?.pointee.value
        histograms = try MessageReader.messages(
            message.histograms, message.n_histograms, "\(field).histograms", atMost: WireLimits.maxHistograms
        ) { histogram, field throws(WireError) in try LatencyHistogram(histogram, field) }
    }

    private static func reading(
        _ value: Double?, _ writer: MessageWriter
    ) -> UnsafeMutablePointer<Hyperstep__V1__Reading>? {
        guard let value else { return nil }
        let message: UnsafeMutablePointer<CReading> = writer.make { hyperstep__v1__reading__init($0) }
        message.pointee.value = value
        if value == 0, value.sign == .minus {
            // protobuf-c leaves out what equals 0, and so −0; bytes that it does not interpret it writes as
            // they are.
            let zero = ProtobufCMessageUnknownField(
                tag: 1, wire_type: PROTOBUF_C_WIRE_TYPE_64BIT, len: 8,
                data: writer.copy([0, 0, 0, 0, 0, 0, 0, 0x80]))
            message.pointee.base.n_unknown_fields = 1
            message.pointee.base.unknown_fields = writer.copy([zero])
        }
        return message
    }

    fileprivate func check(_ field: String) throws(WireError) {
        try FieldRules.time(time, "\(field).time")
        guard durationMs > 0, durationMs.isFinite else {
            throw WireError(
                field: "\(field).duration_ms", reason: "expected milliseconds, finite and more than 0")
        }
        try model.check("\(field).model")
        try FieldRules.text(endpoint, "\(field).endpoint", length: 1...WireLimits.maxNameBytes)
        try FieldRules.count(requestCount, "\(field).request_count")
        try FieldRules.count(errorCount, "\(field).error_count")
        try FieldRules.count(inputTokens, "\(field).input_tokens")
        try FieldRules.count(outputTokens, "\(field).output_tokens")
        try FieldRules.length(
            histograms.count, "\(field).histograms", atMost: WireLimits.maxHistograms)
        var kinds: Set<LatencyHistogram.Kind> = []
        for (index, histogram) in histograms.enumerated() {
            let path = "\(field).histograms[\(index)]"
            try histogram.check(path)
            guard kinds.insert(histogram.kind).inserted else {
                throw WireError(
                    field: "\(path).kind",
                    reason: "expected each kind once, got \(histogram.kind.rawValue) again")
            }
        }
    }
}
