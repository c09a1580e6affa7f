import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Benchmark {
    /// A batch of full training steps to bytes and back.
    static let wire = Benchmark(name: "wire", summary: "a batch of full training steps to bytes and back") {
        scale, add in
        let batch = Batch.fullSteps(8_192)
        let bytes = try batch.encoded()
        let rows = Double(8_192)
        add(
            Measurement(
                name: "wire.bytes_per_step", value: Double(bytes.count) / rows, unit: "bytes",
                note: "every column, 8,192 steps a batch"))
        let rounds = scale.count(200)
        let encode = try Samples.ofRounds(rounds) { _ = try batch.encoded() }
        add(Measurement(name: "wire.encode", value: rows / encode * 1e9, unit: "rows/s"))
        let decode = try Samples.ofRounds(rounds) {
            try bytes.withUnsafeBytes { _ = try Batch(decoding: $0) }
        }
        add(Measurement(name: "wire.decode", value: rows / decode * 1e9, unit: "rows/s"))
    }
}

extension Samples {
    /// The median nanoseconds of one call that is long enough to be timed for itself.
    fileprivate static func ofRounds(_ rounds: Int, _ call: () throws -> Void) rethrows -> Double {
        var values: [Double] = []
        for _ in 0..<rounds {
            let start = Timer.nanoseconds()
            try call()
            values.append(Double(Timer.nanoseconds() - start))
        }
        return Samples(values).percentile(0.5)
    }
}

extension Batch {
    /// Steps as a training loop makes them: counted, a hundredth of a second apart, with every column.
    static func fullSteps(_ count: Int, first: Int = 0, run: UUID = UUID()) -> Batch {
        var steps = TrainingSteps(modelID: UUID(), runID: run)
        let rows = first..<first + count
        steps.times = rows.map { 1_700_000_000_000_000_000 + Int64($0) * 10_000_000 }
        steps.steps = rows.map { Int64($0) }
        steps.epochs = rows.map { Int32($0 / 1_000) }
        steps.batches = rows.map { Int32($0 % 1_000) }
        for column in TrainingColumn.allCases {
            steps[column] = DoubleColumn(values: rows.map { 1 / Double($0 + column.rawValue + 1) })
        }
        return Batch(
            stream: UUID(), firstPosition: UInt64(first), positionCount: UInt64(count),
            records: .trainingSteps(steps))
    }
}
