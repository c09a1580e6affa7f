import ArgumentParser
import Hyperstep

@main
struct DigitsTraining: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "digits-training",
        abstract: "Trains a small perceptron on handwritten digits and records every step with Hyperstep.")

    @Option(help: "How often to go over the training images.")
    var epochs = 30

    @Option(help: "Images in a batch.")
    var batchSize = 32

    @Option(help: "Learning rate of the first step.")
    var learningRate = 0.1

    @Option(help: "Decides the split, the weights and the order: the same seed, the same run.")
    var seed: UInt64 = 1

    @Option(help: "Where the collector listens (default: HYPERSTEP_ENDPOINT, else http://127.0.0.1:4319).")
    var endpoint: String?

    @Option(help: "What to call the run.")
    var name = "mlp-32"

    @Option(help: "Also write every step to this file, as CSV.")
    var csv: String?

    @Option(help: "How to print the summary: text or json. JSON is the last line of output.")
    var format = SummaryFormat.text

    func validate() throws {
        guard epochs > 0 else { throw ValidationError("--epochs must be 1 or more, not \(epochs)") }
        guard batchSize > 0 else { throw ValidationError("--batch-size must be 1 or more, not \(batchSize)") }
        guard learningRate > 0, learningRate.isFinite else {
            throw ValidationError("--learning-rate must be above 0, not \(learningRate)")
        }
    }

    func run() throws {
        let trainer = Trainer(epochs: epochs, batchSize: batchSize, learningRate: learningRate, seed: seed)
        let run = try Run.start(
            project: "digits", name: name, model: "digits-mlp", parameters: trainer.parameters,
            tags: ["example"], settings: Settings(endpoint: endpoint))

        let result = trainer.train(recordingTo: run) { epoch, loss, accuracy in
            print(
                "epoch \(epoch + 1)/\(epochs)  loss \(loss.rounded(to: 4))  held-out accuracy \(accuracy.percent)"
            )
        }

        if let csv { try result.table.write(to: csv) }
        let report = run.finish(timeout: .seconds(10))
        print(Summary(run: run, result: result, report: report).text(format))
    }
}
