import Hyperstep

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Trains the perceptron and records every step.
struct Trainer {
    var epochs: Int
    var batchSize: Int
    var learningRate: Double
    var seed: UInt64

    let hiddenUnits = 32
    let momentum = 0.9

    /// What the run is started with, so that runs can be compared by it later.
    var parameters: [String: ParameterValue] {
        [
            "epochs": .int(epochs),
            "batch_size": .int(batchSize),
            "learning_rate": .double(learningRate),
            "seed": .string(String(seed)),  // JSON's numbers end at 2⁵³
            "hidden_units": .int(hiddenUnits),
            "optimizer": ["name": "sgd", "momentum": .double(momentum), "schedule": "cosine"],
            "dataset": "UCI optical digits",
        ]
    }

    /// How training went.
    struct Result {
        /// Share of the held-out images that the trained model recognises, 0 to 1.
        var accuracy: Double
        /// Optimiser steps taken.
        var steps: Int
        /// The same steps as they were recorded.
        var table = StepTable()
    }

    /// Trains for all epochs.
    ///
    /// - Parameter progress: called after each epoch with its number, its mean loss and the held-out accuracy.
    func train(recordingTo run: Run, progress: (Int, Double, Double) -> Void) -> Result {
        var random = RandomNumbers(seed: seed)
        var data = Dataset(using: &random)
        var model = Perceptron(hiddenUnits: hiddenUnits, using: &random)
        var result = Result(accuracy: 0, steps: 0)

        for epoch in 0..<epochs {
            data.training.shuffle(using: &random)
            let batches = data.training.batches(of: batchSize)
            var lossOfEpoch = 0.0
            for (batch, digits) in batches.enumerated() {
                let rate = rate(after: Double(epoch) + Double(batch) / Double(batches.count))
                let step = model.train(on: digits, learningRate: rate, momentum: momentum)

                run.step(
                    epoch: epoch, batch: batch, loss: step.loss, accuracy: step.accuracy,
                    learningRate: rate, gradientNorm: step.gradientNorm)

                result.steps += 1
                result.table.add(epoch: epoch, batch: batch, step: step, learningRate: rate)
                lossOfEpoch += step.loss * Double(digits.count)
            }
            result.accuracy = model.accuracy(on: data.heldOut)
            progress(epoch, lossOfEpoch / Double(data.training.count), result.accuracy)
        }
        return result
    }

    /// The learning rate falls along half a cosine, from `learningRate` to nearly 0.
    private func rate(after epoch: Double) -> Double {
        learningRate * (1 + cos(.pi * epoch / Double(epochs))) / 2
    }
}
