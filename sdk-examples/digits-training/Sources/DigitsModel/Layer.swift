/// A fully connected layer: `inputs · weights + bias`, and the velocities of its parameters.
struct Layer: Sendable, Equatable {
    private(set) var weights: Matrix
    private(set) var bias: [Float]
    private(set) var weightVelocity: Matrix
    private(set) var biasVelocity: [Float]

    /// Weights uniform within ±√(6 / inputs) (He et al. 2015), bias 0.
    init(inputs: Int, outputs: Int, using random: inout RandomNumbers) {
        self.init(inputs: inputs, outputs: outputs)
        let limit = (6 / Float(inputs)).squareRoot()
        for index in weights.values.indices {
            weights.values[index] = Float.random(in: -limit...limit, using: &random)
        }
    }

    /// All zero.
    private init(inputs: Int, outputs: Int) {
        weights = Matrix(rows: inputs, columns: outputs)
        weightVelocity = weights
        bias = Array(repeating: 0, count: outputs)
        biasVelocity = bias
    }

    /// A layer as it was when `values` was asked of it: of as many numbers as `valueCount` tells.
    init(inputs: Int, outputs: Int, values: ArraySlice<Float>) {
        precondition(values.count == Self.valueCount(inputs: inputs, outputs: outputs))
        self.init(inputs: inputs, outputs: outputs)
        var rest = values
        func next(_ count: Int) -> [Float] {
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        weights.values = next(weights.values.count)
        bias = next(bias.count)
        weightVelocity.values = next(weights.values.count)
        biasVelocity = next(bias.count)
    }

    /// All its numbers, velocities included: training goes on from them as if it had not stopped.
    var values: [Float] { weights.values + bias + weightVelocity.values + biasVelocity }

    static func valueCount(inputs: Int, outputs: Int) -> Int { 2 * (inputs + 1) * outputs }

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
