public import DigitsModel
public import Hyperstep

extension Hyperparameters {
    /// What a run is started with, so that runs can be compared by it later.
    public var parameters: [String: ParameterValue] {
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
}
