/// A perceptron with one hidden layer of rectified units and a softmax over the ten digits.
public struct Perceptron: Sendable, Equatable {
    private var hidden: Layer
    private var output: Layer

    /// Weights drawn at random, by the hyperparameters' seed.
    public init(_ hyperparameters: Hyperparameters) {
        var random = RandomNumbers(seed: hyperparameters.seed, for: .weights)
        let units = hyperparameters.hiddenUnits
        hidden = Layer(inputs: Digit.pixelCount, outputs: units, using: &random)
        output = Layer(inputs: units, outputs: Digit.labelCount, using: &random)
    }

    /// A model as it was when `values` was asked of it; nil where that is not as many numbers as a model of this size
    /// has.
    init?(hiddenUnits: Int, values: [Float]) {
        guard values.count == Self.valueCount(hiddenUnits: hiddenUnits) else { return nil }
        let first = Layer.valueCount(inputs: Digit.pixelCount, outputs: hiddenUnits)
        hidden = Layer(inputs: Digit.pixelCount, outputs: hiddenUnits, values: values[..<first])
        output = Layer(inputs: hiddenUnits, outputs: Digit.labelCount, values: values[first...])
    }

    /// Weights, biases and their velocities.
    var values: [Float] { hidden.values + output.values }

    static func valueCount(hiddenUnits: Int) -> Int {
        Layer.valueCount(inputs: Digit.pixelCount, outputs: hiddenUnits)
            + Layer.valueCount(inputs: hiddenUnits, outputs: Digit.labelCount)
    }

    /// What one optimiser step saw of its batch.
    public struct Step: Sendable {
        /// Mean cross-entropy, before the step.
        public let loss: Double
        /// Share of the batch that was right, before the step.
        public let accuracy: Double
        /// L2 norm of the gradient over all parameters.
        public let gradientNorm: Double
    }

    /// One step of gradient descent with momentum on `batch`.
    public mutating func train(on batch: ArraySlice<Digit>, learningRate: Double, momentum: Double) -> Step {
        let pixels = Matrix(rows: batch.map(\.pixels))
        var activations = hidden.forward(pixels)
        activations.rectify()
        var scores = output.forward(activations)
        scores.becomeProbabilities()
        let seen = scores.judged(by: batch.map(\.label))
        scores.becomeLossGradient(labels: batch.map(\.label))

        let outputGradient = Layer.Gradient(inputs: activations, outputs: scores)
        var hiddenScores = scores.timesTransposed(output.weights)
        hiddenScores.keepWhere(activations)
        let hiddenGradient = Layer.Gradient(inputs: pixels, outputs: hiddenScores)

        hidden.descend(hiddenGradient, rate: Float(learningRate), momentum: Float(momentum))
        output.descend(outputGradient, rate: Float(learningRate), momentum: Float(momentum))
        return Step(
            loss: seen.loss, accuracy: seen.accuracy,
            gradientNorm: (hiddenGradient.squaredNorm + outputGradient.squaredNorm).squareRoot())
    }

    /// Mean cross-entropy over `digits`, and the share of them that it recognises, 0 to 1.
    public func evaluate(on digits: [Digit]) -> (loss: Double, accuracy: Double) {
        probabilities(ofRows: digits.map(\.pixels)).judged(by: digits.map(\.label))
    }

    /// How likely each of `images` is each digit from 0 to 9: ten numbers for an image, which add up to 1.
    ///
    /// - Parameter images: each of 64 pixels, row by row, 0 to 1.
    public func probabilities(of images: [[Float]]) -> [[Float]] {
        precondition(images.allSatisfy { $0.count == Digit.pixelCount }, "an image has 64 pixels")
        let probabilities = probabilities(ofRows: images)
        return images.indices.map { probabilities.row($0) }
    }

    private func probabilities(ofRows images: [[Float]]) -> Matrix {
        var activations = hidden.forward(Matrix(rows: images))
        activations.rectify()
        var scores = output.forward(activations)
        scores.becomeProbabilities()
        return scores
    }
}
