/// A row of training_metrics, less what is the run's.
public struct SampleStep: Sendable {
    /// Nanoseconds since 1970.
    public var time: Int64
    public var step: Int64
    public var epoch: Int32
    public var batch: Int32
    public var attempt: Int16
    public var rank: Int16
    public var loss: Double
    public var accuracy: Double
    /// At the end of an epoch only, as validation gives them.
    public var precision: Double?
    public var recall: Double?
    public var f1Score: Double?
    public var learningRate: Double
    public var gradientNorm: Double?
    /// Not at the first step of an attempt.
    public var stepTimeMs: Double?
}
