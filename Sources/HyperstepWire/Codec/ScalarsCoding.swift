import CHyperstepProto

private typealias CScalars = Hyperstep__V1__Scalars
private typealias CMetric = Hyperstep__V1__Metric

extension Scalars {
    /// The C struct of values that `check` has passed.
    func message(_ writer: MessageWriter) -> UnsafeMutablePointer<Hyperstep__V1__Scalars> {
        let message: UnsafeMutablePointer<CScalars> = writer.make { hyperstep__v1__scalars__init($0) }
        message.pointee.run_id = writer.data(runID)
        message.pointee.attempt = UInt32(clamping: attempt)
        message.pointee.rank = UInt32(clamping: rank)
        message.pointee.n_metrics = metrics.count
        message.pointee.metrics = writer.copy(metrics.map { Optional($0.message(writer)) })
        message.pointee.n_time = count
        message.pointee.time = writer.copy(times)
        message.pointee.n_metric_index = count
        message.pointee.metric_index = writer.copy(metricIndexes)
        message.pointee.n_step_delta = count
        message.pointee.step_delta = writer.build(count: count) { DeltaCoding.encode(steps, into: $0) }
        message.pointee.n_value = count
        message.pointee.value = writer.copy(values)
        return message
    }

    /// Reads the C struct; what its values have to be, `check` says.
    init(_ message: borrowing Hyperstep__V1__Scalars) throws(WireError) {
        self.init(
            runID: try MessageReader.uuid(message.run_id, "scalars.run_id"),
            attempt: try MessageReader.small(message.attempt, "scalars.attempt"),
            rank: try MessageReader.small(message.rank, "scalars.rank"))
        metrics = try MessageReader.messages(
            message.metrics, message.n_metrics, "scalars.metrics", atMost: WireLimits.maxMetrics
        ) { metric, field throws(WireError) in try Metric(metric, field) }
        times = MessageReader.array(message.time, message.n_time)
        metricIndexes = MessageReader.array(message.metric_index, message.n_metric_index)
        steps = DeltaCoding.decode(
            UnsafeBufferPointer(start: message.step_delta, count: message.n_step_delta))
        values = MessageReader.array(message.value, message.n_value)
    }

    /// Checks every length and range.
    func check() throws(WireError) {
        try FieldRules.small(attempt, "scalars.attempt")
        try FieldRules.small(rank, "scalars.rank")
        try FieldRules.names(
            metrics.map(\.name), "scalars.metrics", part: ".name", atMost: WireLimits.maxMetrics)
        for (index, metric) in metrics.enumerated() {
            try FieldRules.text(
                metric.unit, "scalars.metrics[\(index)].unit", length: 0...WireLimits.maxNameBytes)
        }
        try FieldRules.times(times, "scalars.time")
        for (name, length) in [
            ("metric_index", metricIndexes.count), ("step_delta", steps.count), ("value", values.count),
        ] {
            try FieldRules.rows(length, "scalars.\(name)", count, of: "scalars.time")
        }
        try FieldRules.places(
            metricIndexes, "scalars.metric_index", in: "scalars.metrics", of: metrics.count)
    }
}

extension Metric {
    fileprivate func message(_ writer: MessageWriter) -> UnsafeMutablePointer<Hyperstep__V1__Metric> {
        let message: UnsafeMutablePointer<CMetric> = writer.make { hyperstep__v1__metric__init($0) }
        message.pointee.name = writer.string(name)
        message.pointee.unit = writer.string(unit)
        return message
    }

    fileprivate init(_ message: borrowing Hyperstep__V1__Metric, _ field: String) throws(WireError) {
        self.init(
            name: try MessageReader.text(message.name, "\(field).name", length: 1...WireLimits.maxNameBytes),
            unit: try MessageReader.text(message.unit, "\(field).unit", length: 0...WireLimits.maxNameBytes))
    }
}
