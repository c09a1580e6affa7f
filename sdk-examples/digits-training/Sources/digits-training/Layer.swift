/// A fully connected layer: `inputs · weights + bias`.
struct Layer {
    private(set) var weights: Matrix
    private var bias: [Float]
    private var weightVelocity: Matrix
    private var biasVelocity: [Float]

    /// Weights uniform within ±√(6 / inputs) (He et al. 2015), bias 0.
    init(inputs: Int, outputs: Int, using random: inout RandomNumbers) {
        weights = Matrix(rows: inputs, columns: outputs)
        weightVelocity = weights
        bias = Array(repeating: 0, count: outputs)
        biasVelocity = bias
        let limit = (6 / Float(inputs)).squareRoot()
        for index in weights.values.indices {
            weights.values[index] = Float.random(in: -limit...limit, using: &random)
        }
    }

    func forward(_ inputs: Matrix) -> Matrix {
        var outputs = inputs.times(weights)
        for row in 0..<outputs.rows {
            for column in 0..<outputs.columns { outputs[row, column] += bias[column] }
        }
        return outputs
    }

    /// The gradient of the loss by a layer's parameters.
    struct Gradient {
        let weights: Matrix
        let bias: [Float]

        /// From the layer's inputs and the gradient by its outputs.
        init(inputs: Matrix, outputs: Matrix) {
            weights = inputs.transposedTimes(outputs)
            bias = (0..<outputs.columns).map { column in
                (0..<outputs.rows).reduce(0) { $0 + outputs[$1, column] }
            }
        }

        var squaredNorm: Double {
            (weights.values + bias).reduce(0) { $0 + Double($1) * Double($1) }
        }
    }

    /// One step of gradient descent with momentum.
    mutating func descend(_ gradient: Gradient, rate: Float, momentum: Float) {
        for index in weights.values.indices {
            weightVelocity.values[index] =
                momentum * weightVelocity.values[index] - rate * gradient.weights.values[index]
            weights.values[index] += weightVelocity.values[index]
        }
        for index in bias.indices {
            biasVelocity[index] = momentum * biasVelocity[index] - rate * gradient.bias[index]
            bias[index] += biasVelocity[index]
        }
    }
}
