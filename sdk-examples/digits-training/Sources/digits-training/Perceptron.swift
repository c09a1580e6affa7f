#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A perceptron with one hidden layer of rectified units and a softmax over the ten digits.
struct Perceptron {
    private var hidden: Layer
    private var output: Layer

    init(hiddenUnits: Int, using random: inout RandomNumbers) {
        hidden = Layer(inputs: Dataset.pixelCount, outputs: hiddenUnits, using: &random)
        output = Layer(inputs: hiddenUnits, outputs: Dataset.labelCount, using: &random)
    }

    /// What one optimiser step saw of its batch.
    struct Step {
        /// Mean cross-entropy, before the step.
        let loss: Double
        /// Share of the batch that was right, before the step.
        let accuracy: Double
        /// L2 norm of the gradient over all parameters.
        let gradientNorm: Double
    }

    /// One step of gradient descent with momentum on `batch`.
    mutating func train(on batch: ArraySlice<Digit>, learningRate: Double, momentum: Double) -> Step {
        let pixels = Matrix(pixelsOf: batch)
        var activations = hidden.forward(pixels)
        activations.rectify()
        var scores = output.forward(activations)
        let (loss, correct) = scores.becomeLossGradient(labels: batch.map(\.label))

        let outputGradient = Layer.Gradient(inputs: activations, outputs: scores)
        var hiddenScores = scores.timesTransposed(output.weights)
        hiddenScores.keepWhere(activations)
        let hiddenGradient = Layer.Gradient(inputs: pixels, outputs: hiddenScores)

        hidden.descend(hiddenGradient, rate: Float(learningRate), momentum: Float(momentum))
        output.descend(outputGradient, rate: Float(learningRate), momentum: Float(momentum))
        return Step(
            loss: loss, accuracy: Double(correct) / Double(batch.count),
            gradientNorm: (hiddenGradient.squaredNorm + outputGradient.squaredNorm).squareRoot())
    }

    /// The share of `digits` that it recognises, 0 to 1.
    func accuracy(on digits: [Digit]) -> Double {
        var activations = hidden.forward(Matrix(pixelsOf: digits[...]))
        activations.rectify()
        let scores = output.forward(activations)
        let correct = digits.indices.count { scores.largestColumn(inRow: $0) == digits[$0].label }
        return Double(correct) / Double(digits.count)
    }
}

extension Matrix {
    fileprivate init(pixelsOf batch: ArraySlice<Digit>) {
        self.init(rows: batch.count, columns: Dataset.pixelCount)
        values = batch.flatMap(\.pixels)
    }

    fileprivate mutating func rectify() {
        for index in values.indices { values[index] = max(values[index], 0) }
    }

    /// Passes a gradient back through `rectify`: only where the unit was active.
    fileprivate mutating func keepWhere(_ activations: Matrix) {
        for index in values.indices where activations.values[index] == 0 { values[index] = 0 }
    }

    fileprivate func largestColumn(inRow row: Int) -> Int {
        (0..<columns).max { self[row, $0] < self[row, $1] } ?? 0
    }

    /// From scores to the gradient of the mean cross-entropy by them: softmax minus the truth, over the number
    /// of rows. Gives the loss itself and how many rows were right on the way.
    fileprivate mutating func becomeLossGradient(labels: [Int]) -> (loss: Double, correct: Int) {
        var loss = 0.0
        var correct = 0
        for row in 0..<rows {
            let largest = largestColumn(inRow: row)
            if largest == labels[row] { correct += 1 }
            let highest = self[row, largest]
            var sum: Float = 0
            for column in 0..<columns {
                self[row, column] = exp(self[row, column] - highest)  // at most 1: no overflow
                sum += self[row, column]
            }
            loss -= Double(log(max(self[row, labels[row]] / sum, .leastNormalMagnitude)))
            for column in 0..<columns {
                let truth: Float = column == labels[row] ? 1 : 0
                self[row, column] = (self[row, column] / sum - truth) / Float(rows)
            }
        }
        return (loss / Double(rows), correct)
    }
}
