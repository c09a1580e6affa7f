/// All that decides how a training goes: the same values give the same weights, bit for bit, on the same machine.
public struct Hyperparameters: Sendable, Equatable {
    /// How often to go over the training images.
    public var epochs = 30
    /// Images in a batch.
    public var batchSize = 32
    /// Learning rate of the first step.
    public var learningRate = 0.1
    /// Share of the last step's change that the next one keeps.
    public var momentum = 0.9
    /// Units of the hidden layer.
    public var hiddenUnits = 32
    /// Decides the split, the first weights and the order of the images.
    public var seed: UInt64 = 1

    /// The values that the example trains with.
    public init() {}

    /// What is wrong with them, or nil: the name, what it is and what was expected.
    public var fault: String? {
        func outside(_ name: String, _ value: Int, _ range: ClosedRange<Int>) -> String? {
            range.contains(value)
                ? nil : "\(name) is \(value), expected \(range.lowerBound) to \(range.upperBound)"
        }
        if let fault = outside("number of epochs", epochs, 1...100_000) { return fault }
        if let fault = outside("batch size", batchSize, 1...10_000) { return fault }
        if let fault = outside("number of hidden units", hiddenUnits, 1...1_024) { return fault }
        if !(learningRate > 0 && learningRate <= 100) {
            return "learning rate is \(learningRate), expected above 0, at most 100"
        }
        if !(momentum >= 0 && momentum < 1) {
            return "momentum is \(momentum), expected 0 or more, below 1"
        }
        return nil
    }
}
