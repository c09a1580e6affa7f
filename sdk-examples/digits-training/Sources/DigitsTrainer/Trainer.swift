public import DigitsModel
public import Hyperstep

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Trains the perceptron epoch by epoch and records every step.
public struct Trainer: Sendable {
    /// What it trains with.
    public let hyperparameters: Hyperparameters
    /// Epochs that are done.
    public private(set) var epoch = 0
    /// Optimiser steps that are done: the number of the next one.
    public private(set) var step = 0
    /// The model as it is now.
    public private(set) var model: Perceptron
    private let data: Dataset

    /// A training that begins.
    public init(_ hyperparameters: Hyperparameters) {
        self.hyperparameters = hyperparameters
        model = Perceptron(hyperparameters)
        data = Dataset(seed: hyperparameters.seed)
    }

    /// A training that goes on: to the same weights, bit for bit, as if it had not stopped.
    public init(resuming checkpoint: Checkpoint) {
        hyperparameters = checkpoint.hyperparameters
        epoch = checkpoint.epoch
        step = checkpoint.step
        model = checkpoint.model
        data = Dataset(seed: hyperparameters.seed)
    }

    /// The training as it is now, to go on from later.
    public func checkpoint(of runID: UUID) -> Checkpoint {
        Checkpoint(runID: runID, hyperparameters: hyperparameters, epoch: epoch, step: step, model: model)
    }

    /// Whether all epochs are done.
    public var isDone: Bool { epoch >= hyperparameters.epochs }

    /// How an epoch went.
    public struct Epoch: Sendable {
        /// Its number, from 0.
        public let number: Int
        /// Mean loss over its steps.
        public let trainingLoss: Double
        /// Mean loss over the validation images, after it.
        public let validationLoss: Double
        /// Share of the validation images that are recognised, after it.
        public let validationAccuracy: Double
        /// Learning rate of its last step.
        public let learningRate: Double
    }

    /// Trains for one epoch, and validates.
    ///
    /// - Throws: where `log` cannot be written.
    public mutating func trainEpoch(recordingTo run: Run, log: StepLog? = nil) throws -> Epoch {
        let batches = data.batches(
            of: hyperparameters.batchSize, epoch: epoch, seed: hyperparameters.seed)
        var (loss, rate) = (0.0, 0.0)
        for (batch, digits) in batches.enumerated() {
            rate = self.rate(after: Double(epoch) + Double(batch) / Double(batches.count))
            let seen = model.train(on: digits, learningRate: rate, momentum: hyperparameters.momentum)

            run.step(
                step, epoch: epoch, batch: batch, loss: seen.loss, accuracy: seen.accuracy,
                learningRate: rate, gradientNorm: seen.gradientNorm)

            try log?.add(step: step, epoch: epoch, batch: batch, seen, learningRate: rate)
            step += 1
            loss += seen.loss * Double(digits.count)
        }
        let validation = model.evaluate(on: data.validation)
        defer { epoch += 1 }
        return Epoch(
            number: epoch, trainingLoss: loss / Double(data.training.count), validationLoss: validation.loss,
            validationAccuracy: validation.accuracy, learningRate: rate)
    }

    /// Share of the validation images that the model recognises now.
    public var validationAccuracy: Double { model.evaluate(on: data.validation).accuracy }

    /// The learning rate falls along half a cosine, from the first step's to nearly 0.
    private func rate(after epoch: Double) -> Double {
        hyperparameters.learningRate * (1 + cos(.pi * epoch / Double(hyperparameters.epochs))) / 2
    }
}
