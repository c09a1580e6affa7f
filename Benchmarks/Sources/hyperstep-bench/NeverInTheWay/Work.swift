/// What a training step computes: a layer of a network over and over, the same number of times at each step.
struct Work: Sendable {
    private static let width = 192
    private let weights: [Float]
    private var values: [Float]
    /// Products of matrix and vector in a step.
    let repetitions: Int

    init(repetitions: Int) {
        let width = Self.width
        weights = (0..<width * width).map { Float(BenchStep.value($0, 0)) / Float(width) }
        values = (0..<width).map { Float(BenchStep.value($0, 1)) }
        self.repetitions = repetitions
    }

    /// As many repetitions as take a step of a millisecond on this machine now.
    static func repetitionsOfMillisecond() -> Int {
        let trial = 200
        var work = Work(repetitions: trial)
        // The least of many: whatever else runs here makes it longer, never shorter.
        let times = (0..<40).map { _ in
            let start = Timer.nanoseconds()
            work.step()
            return Timer.nanoseconds() - start
        }
        return max(1, trial * 1_000_000 / Int(max(1, times.min() ?? 1)))
    }

    /// - Returns: what a loss is made of, so that nothing of it can be left out.
    @discardableResult
    @inline(never)
    mutating func step() -> Float {
        for _ in 0..<repetitions {
            let next = weights.withUnsafeBufferPointer { weights in
                values.withUnsafeBufferPointer { Self.layer(weights, $0) }
            }
            values = next
        }
        return values[0]
    }

    private static func layer(
        _ weights: UnsafeBufferPointer<Float>, _ values: UnsafeBufferPointer<Float>
    ) -> [Float] {
        (0..<width).map { row in
            var sum: Float = 0
            for column in 0..<width { sum += weights[row * width + column] * values[column] }
            // Stays within bounds, however often.
            return sum / (1 + abs(sum))
        }
    }
}
