/// One training step as the ring keeps it: plain bytes, 96 of them.
@frozen
public struct StepRecord: Sendable, Equatable, BitwiseCopyable {
    /// When the step ended, in nanoseconds since 1970-01-01 UTC.
    public var time: Int64
    /// The global step, counted over the whole run.
    public var step: Int64
    /// The epoch.
    public var epoch: Int32
    /// The batch within the epoch.
    public var batch: Int32
    /// Which columns have a value.
    public var present: StepColumns
    /// The training loss.
    public var loss: Double
    /// The accuracy.
    public var accuracy: Double
    /// The precision.
    public var precision: Double
    /// The recall.
    public var recall: Double
    /// The F1 score.
    public var f1Score: Double
    /// The learning rate.
    public var learningRate: Double
    /// The gradient's norm.
    public var gradientNorm: Double
    /// How long the step took, in milliseconds.
    public var stepTimeMs: Double

    /// A record with the given place in the run and no column set.
    @inlinable @inline(__always)
    public init(time: Int64, step: Int64, epoch: Int32, batch: Int32) {
        self.time = time
        self.step = step
        self.epoch = epoch
        self.batch = batch
        present = []
        loss = 0
        accuracy = 0
        precision = 0
        recall = 0
        f1Score = 0
        learningRate = 0
        gradientNorm = 0
        stepTimeMs = 0
    }

    /// A record of all columns; those that `present` does not name are ignored.
    @inlinable @inline(__always)
    public init(
        time: Int64, step: Int64, epoch: Int32, batch: Int32, present: StepColumns, loss: Double,
        accuracy: Double, precision: Double, recall: Double, f1Score: Double, learningRate: Double,
        gradientNorm: Double, stepTimeMs: Double
    ) {
        self.time = time
        self.step = step
        self.epoch = epoch
        self.batch = batch
        self.present = present
        self.loss = loss
        self.accuracy = accuracy
        self.precision = precision
        self.recall = recall
        self.f1Score = f1Score
        self.learningRate = learningRate
        self.gradientNorm = gradientNorm
        self.stepTimeMs = stepTimeMs
    }

    /// The value of a column, in ``StepColumns``' order from 0 (loss) to 7 (step time), set or not.
    @inlinable
    public func value(column: Int) -> Double {
        switch column {
        case 0: loss
        case 1: accuracy
        case 2: precision
        case 3: recall
        case 4: f1Score
        case 5: learningRate
        case 6: gradientNorm
        default: stepTimeMs
        }
    }
}

/// A set of the eight columns of a step; bit n stands for column n of the wire's `TrainingColumn`.
@frozen
public struct StepColumns: OptionSet, Sendable, BitwiseCopyable {
    /// The bits.
    public var rawValue: UInt8
    /// The set with these bits.
    @inlinable @inline(__always)
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Column 0.
    @inlinable public static var loss: Self { Self(rawValue: 1 << 0) }
    /// Column 1.
    @inlinable public static var accuracy: Self { Self(rawValue: 1 << 1) }
    /// Column 2.
    @inlinable public static var precision: Self { Self(rawValue: 1 << 2) }
    /// Column 3.
    @inlinable public static var recall: Self { Self(rawValue: 1 << 3) }
    /// Column 4.
    @inlinable public static var f1Score: Self { Self(rawValue: 1 << 4) }
    /// Column 5.
    @inlinable public static var learningRate: Self { Self(rawValue: 1 << 5) }
    /// Column 6.
    @inlinable public static var gradientNorm: Self { Self(rawValue: 1 << 6) }
    /// Column 7.
    @inlinable public static var stepTimeMs: Self { Self(rawValue: 1 << 7) }
    /// All eight.
    @inlinable public static var all: Self { Self(rawValue: 0xFF) }
}
