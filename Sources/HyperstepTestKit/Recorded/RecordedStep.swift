import HyperstepWire

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A training step as it came: a row of the table `training_metrics`. What was not given is nil.
public struct RecordedStep: Sendable, Hashable {
    /// When it was recorded.
    public let time: Date
    /// The global step.
    public let step: Int
    /// The epoch.
    public let epoch: Int
    /// The batch within its epoch.
    public let batch: Int
    /// Which attempt of its run recorded it, from 0.
    public let attempt: Int
    /// Which process of its run, from 0.
    public let rank: Int
    /// Training loss.
    public let loss: Double?
    /// A fraction.
    public let accuracy: Double?
    /// A fraction.
    public let precision: Double?
    /// A fraction.
    public let recall: Double?
    /// A fraction.
    public let f1Score: Double?
    /// The optimizer's learning rate.
    public let learningRate: Double?
    /// The gradient's norm.
    public let gradientNorm: Double?
    /// How long the step took, in milliseconds.
    public let stepTimeMs: Double?

    init(_ steps: TrainingSteps, row: Int, _ value: (TrainingColumn) -> Double?) {
        time = Date(nanoseconds: steps.times[row])
        step = Int(steps.steps[row])
        epoch = steps.epochs.isEmpty ? 0 : Int(steps.epochs[row])
        batch = steps.batches.isEmpty ? 0 : Int(steps.batches[row])
        attempt = Int(steps.attempt)
        rank = Int(steps.rank)
        loss = value(.loss)
        accuracy = value(.accuracy)
        precision = value(.precision)
        recall = value(.recall)
        f1Score = value(.f1Score)
        learningRate = value(.learningRate)
        gradientNorm = value(.gradientNorm)
        stepTimeMs = value(.stepTimeMs)
    }
}
