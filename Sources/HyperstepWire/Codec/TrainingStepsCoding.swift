import CHyperstepProto

private typealias CSteps = Hyperstep__V1__TrainingSteps

extension TrainingSteps {
    /// The C struct, or the first field that breaks the contract.
    func message(_ writer: MessageWriter) throws(WireError) -> UnsafeMutablePointer<
        Hyperstep__V1__TrainingSteps
    > {
        try checkLengths()
        let message: UnsafeMutablePointer<CSteps> = writer.make { hyperstep__v1__training_steps__init($0) }
        message.pointee.model_id = writer.data(modelID)
        message.pointee.run_id = writer.data(runID)
        message.pointee.attempt = UInt32(clamping: attempt)
        message.pointee.rank = UInt32(clamping: rank)
        message.pointee.n_time = count
        message.pointee.time = writer.copy(times)
        message.pointee.n_step_delta = count
        message.pointee.step_delta = writer.build(count: count) { DeltaCoding.encode(steps, into: $0) }
        if epochs.contains(where: { $0 != 0 }) {
            message.pointee.n_epoch_delta = count
            message.pointee.epoch_delta = writer.build(count: count) { DeltaCoding.encode(epochs, into: $0) }
        }
        if batches.contains(where: { $0 != 0 }) {
            message.pointee.n_batch_delta = count
            message.pointee.batch_delta = writer.build(count: count) { DeltaCoding.encode(batches, into: $0) }
        }
        message.pointee.loss = self[.loss].message(writer)
        message.pointee.accuracy = self[.accuracy].message(writer)
        message.pointee.precision = self[.precision].message(writer)
        message.pointee.recall = self[.recall].message(writer)
        message.pointee.f1_score = self[.f1Score].message(writer)
        message.pointee.learning_rate = self[.learningRate].message(writer)
        message.pointee.gradient_norm = self[.gradientNorm].message(writer)
        message.pointee.step_time_ms = self[.stepTimeMs].message(writer)
        return message
    }

    /// Reads the C struct, checking every length and range.
    init(_ message: borrowing Hyperstep__V1__TrainingSteps) throws(WireError) {
        self.init(
            modelID: try MessageReader.uuid(message.model_id, "training_steps.model_id"),
            runID: try MessageReader.uuid(message.run_id, "training_steps.run_id"),
            attempt: try MessageReader.small(message.attempt, "training_steps.attempt"),
            rank: try MessageReader.small(message.rank, "training_steps.rank"))
        let rows = message.n_time
        times = MessageReader.array(message.time, rows)
        if let earliest = times.min() { _ = try MessageReader.time(earliest, "training_steps.time") }
        steps = try Self.counters(
            message.step_delta, message.n_step_delta, "step_delta", rows, optional: false)
        epochs = try Self.counters(
            message.epoch_delta, message.n_epoch_delta, "epoch_delta", rows, optional: true)
        batches = try Self.counters(
            message.batch_delta, message.n_batch_delta, "batch_delta", rows, optional: true)
        let pointers = [
            message.loss, message.accuracy, message.precision, message.recall, message.f1_score,
            message.learning_rate, message.gradient_norm, message.step_time_ms,
        ]
        for column in TrainingColumn.allCases {
            self[column] = try DoubleColumn(
                pointers[column.rawValue], "training_steps.\(column.name)", rows: rows)
        }
    }

    private static func counters<Value: FixedWidthInteger & BitwiseCopyable>(
        _ pointer: UnsafeMutablePointer<Value>?, _ count: Int, _ name: String, _ rows: Int, optional: Bool
    ) throws(WireError) -> [Value] {
        if optional && count == 0 { return Array(repeating: 0, count: rows) }
        guard count == rows else {
            throw WireError(
                field: "training_steps.\(name)",
                reason: "expected as many values as training_steps.time has (\(rows)), got \(count)")
        }
        return DeltaCoding.decode(UnsafeBufferPointer(start: pointer, count: count))
    }

    private func checkLengths() throws(WireError) {
        for (name, length) in [("step", steps.count), ("epoch", epochs.count), ("batch", batches.count)]
        where length != count {
            throw WireError(
                field: "training_steps.\(name)_delta", reason: "expected \(count) values, got \(length)")
        }
        guard columns.count == TrainingColumn.allCases.count else {
            throw WireError(
                field: "training_steps",
                reason: "expected \(TrainingColumn.allCases.count) columns, got \(columns.count)")
        }
        for column in TrainingColumn.allCases {
            try self[column].check("training_steps.\(column.name)", rows: count)
        }
    }
}
