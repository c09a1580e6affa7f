public import Hyperstep

/// What is recorded once an epoch: rows of the table `run_metrics`.
public struct EpochMetrics: Sendable {
    private let trainingLoss: Metric
    private let validationLoss: Metric
    private let validationAccuracy: Metric
    private let learningRate: Metric

    /// The metrics of a run, asked for once and kept.
    public init(_ run: Run) {
        trainingLoss = run.metric("train/loss", unit: "1")
        validationLoss = run.metric("val/loss", unit: "1")
        validationAccuracy = run.metric("val/accuracy", unit: "1")
        learningRate = run.metric("learning_rate", unit: "1")
    }

    /// Records an epoch's, at its last step.
    public func record(_ epoch: Trainer.Epoch, step: Int) {
        trainingLoss.record(epoch.trainingLoss, step: step)
        validationLoss.record(epoch.validationLoss, step: step)
        validationAccuracy.record(epoch.validationAccuracy, step: step)
        learningRate.record(epoch.learningRate, step: step)
    }
}
