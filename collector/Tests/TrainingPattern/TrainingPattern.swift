/// What a test's training loop records at each step: a function of the step alone, so that what is in the
/// database can be compared with it column by column.
///
/// The values are whole numbers below 2^20, so that their sums are exact in a double in whatever order a
/// database adds them up; weighted sums tell apart rows whose values were exchanged.
public enum TrainingPattern {
    /// The columns of `training_metrics` that a pattern fills, in order.
    public static let columns = [
        "loss", "accuracy", "precision", "recall", "f1_score", "learning_rate", "gradient_norm",
        "step_time_ms",
    ]
    /// Values are below this prime.
    public static let modulus = 1_000_003
    /// Weights are below this one.
    public static let weights = 1_009

    /// The value of a column at a step; nil where the row has null. The last column, the time between steps, is
    /// never null, since the SDK measures it where it is left out.
    public static func value(_ column: Int, at step: Int) -> Double? {
        let isNull = column < columns.count - 1 && (step + column) % 11 == 0
        return isNull ? nil : Double((step * (column * 2 + 3) + column * 7_919) % modulus)
    }

    /// The name of the metric that is logged at each step.
    public static let metric = "pattern/scalar"
    /// Its value at a step.
    public static func scalar(at step: Int) -> Double { Double((step * 31 + 17) % modulus) }
    /// How long the request took that is counted at a step, in nanoseconds.
    public static func latency(at step: Int) -> UInt64 { 500_000 + UInt64(step * 7_919 % modulus) * 1_000 }

    /// The service whose metrics are recorded at each step: a counter, and a timer that is given `latency(at:)`.
    public static let service = "pattern"
    /// The counter's name.
    public static let counter = "pattern_steps_total"
    /// The timer's.
    public static let timer = "pattern_step_duration"
    /// By how much the counter grows at a step.
    public static func increment(at step: Int) -> Int64 { Int64(1 + step % 7) }

    /// How many of the steps before this one are followed by an event of the run's experiment and a parameter of the
    /// run, each of them their number by the name `n`: every 128th at first and every 2,048th later. (The rings of
    /// events are small, and a loop that goes as fast as it can would only ever wait for them.)
    public static func events(before step: Int) -> Int {
        let (dense, sparse, turn) = (128, 2_048, 4_096)
        func count(_ steps: Int, every stride: Int) -> Int { (steps + stride - 1) / stride }
        return count(min(step, turn), every: dense) + count(max(step - turn, 0), every: sparse)
    }

    /// The epoch of a step.
    public static func epoch(at step: Int) -> Int { step / 1_000 }
    /// The batch of a step within its epoch.
    public static func batch(at step: Int) -> Int { step % 1_000 }
}

/// Sums over rows that two parties compare instead of the rows.
public struct TrainingChecksum: Equatable, Sendable, CustomStringConvertible {
    /// Rows.
    public var count = 0
    /// Different steps.
    public var steps = 0
    /// Sum of step, epoch and batch, each weighted.
    public var places = 0.0
    /// Per column, how many rows have a value.
    public var present: [Int]
    /// Per column, the weighted sum of its values.
    public var sums: [Double]

    /// A checksum as it was read from a database.
    public init(count: Int, steps: Int, places: Double, present: [Int], sums: [Double]) {
        self.count = count
        self.steps = steps
        self.places = places
        self.present = present
        self.sums = sums
    }

    /// The checksum of what a pattern records at these steps.
    public init(of steps: some Sequence<Int>) {
        var checksum = Self(
            count: 0, steps: 0, places: 0, present: Array(repeating: 0, count: TrainingPattern.columns.count),
            sums: Array(repeating: 0, count: TrainingPattern.columns.count))
        for step in steps { checksum.add(step) }
        self = checksum
    }

    private mutating func add(_ step: Int) {
        count += 1
        steps += 1
        places += Double(step + 3 * TrainingPattern.epoch(at: step) + 5 * TrainingPattern.batch(at: step))
        let weight = Double(step % TrainingPattern.weights)
        for column in sums.indices {
            guard let value = TrainingPattern.value(column, at: step) else { continue }
            present[column] += 1
            sums[column] += value * weight + value
        }
    }

    /// The select list that computes it in SQL over rows of `training_metrics`.
    public static var selectList: String {
        let columns = TrainingPattern.columns.map { column in
            "count(\(column)), coalesce(sum(\(column) * (step % \(TrainingPattern.weights)) + \(column)), 0)"
        }
        return
            (["count(*)", "count(DISTINCT step)", "coalesce(sum((step + 3 * epoch + 5 * batch)::float8), 0)"]
            + columns).joined(separator: ", ")
    }

    /// The numbers in one line.
    public var description: String {
        "\(count) rows, \(steps) steps, places \(places), present \(present), sums \(sums)"
    }
}
