import ArgumentParser
import DigitsModel

/// The hyperparameters that a user may choose. One that is not given has the example's value, or the checkpoint's.
struct HyperparameterOptions: ParsableArguments {
    @Option(help: "How often to go over the training images (default: 30).")
    var epochs: Int?

    @Option(help: "Images in a batch (default: 32).")
    var batchSize: Int?

    @Option(help: "Learning rate of the first step (default: 0.1).")
    var learningRate: Double?

    @Option(help: "Units of the hidden layer (default: 32).")
    var hiddenUnits: Int?

    @Option(help: "Decides the split, the weights and the order: the same seed, the same run (default: 1).")
    var seed: UInt64?

    func applied(to hyperparameters: Hyperparameters) -> Hyperparameters {
        var result = hyperparameters
        if let epochs { result.epochs = epochs }
        if let batchSize { result.batchSize = batchSize }
        if let learningRate { result.learningRate = learningRate }
        if let hiddenUnits { result.hiddenUnits = hiddenUnits }
        if let seed { result.seed = seed }
        return result
    }

    /// A training that goes on has to go on as it began.
    func check(against saved: Hyperparameters) throws {
        guard applied(to: saved) != saved else { return }
        throw ValidationError(
            """
            --resume goes on with what the checkpoint was trained with (\(saved.listed)), and other values were given; \
            leave them out, or train anew without --resume
            """)
    }
}

extension Hyperparameters {
    fileprivate var listed: String {
        "epochs \(epochs), batch size \(batchSize), learning rate \(learningRate), "
            + "hidden units \(hiddenUnits), seed \(seed)"
    }
}
