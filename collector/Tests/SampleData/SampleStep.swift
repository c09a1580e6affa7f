/// A row of training_metrics, less what is the run's.
public struct SampleStep: Sendable {
    /// Nanoseconds since 1970.
    public var time: Int64
    /// The global step.
    public var step: Int64
    /// From 0.
    public var epoch: Int32
    /// Within the epoch, from 0.
    public var batch: Int32
    /// Which life of the run.
    public var attempt: Int16
    /// Which of its processes.
    public var rank: Int16
    /// NaN now and then.
    public var loss: Double
    /// Of the batch.
    public var accuracy: Double
    /// At the end of an epoch only, as validation gives them.
    public var precision: Double?
    /// As precision.
    public var recall: Double?
    /// As precision.
    public var f1Score: Double?
    /// By the run's schedule.
    public var learningRate: Double
    /// Nil where the run does not log it.
    public var gradientNorm: Double?
    /// Not at the first step of an attempt.
    public var stepTimeMs: Double?
}
