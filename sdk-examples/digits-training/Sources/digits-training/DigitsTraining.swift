import ArgumentParser
import DigitsModel
import DigitsTrainer
import Hyperstep

@main
struct DigitsTraining: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "digits-training",
        abstract: "Trains a small perceptron on handwritten digits and records every step with Hyperstep.")

    @OptionGroup var given: HyperparameterOptions

    @Option(
        help:
            "Folder for the model's file: written after each epoch, always whole. It holds no other training's."
    )
    var checkpoint: String?

    @Flag(help: "Go on from the file in --checkpoint, as the next attempt of its run.")
    var resume = false

    @Option(help: "Where the collector listens (default: HYPERSTEP_ENDPOINT, else http://127.0.0.1:4319).")
    var endpoint: String?

    @Option(help: "What to call the run.")
    var name = "mlp-32"

    @Option(help: "Also write every step to this file, as CSV.")
    var csv: String?

    @Option(help: "How to print the summary: text or json. JSON is the last line of output.")
    var format = SummaryFormat.text

    func validate() throws {
        if resume, checkpoint == nil {
            throw ValidationError("--resume needs --checkpoint, the folder to go on from")
        }
        if let fault = given.applied(to: Hyperparameters()).fault { throw ValidationError("the \(fault)") }
    }

    func run() throws {
        let store = try checkpoint.map(CheckpointStore.init)
        if !resume { try store?.refuseIfTaken() }
        let saved = resume ? try store?.read() : nil
        if let saved { try given.check(against: saved.hyperparameters) }
        var trainer = saved.map(Trainer.init(resuming:)) ?? Trainer(given.applied(to: Hyperparameters()))

        let log = try csv.map(StepLog.init)

        let (id, report) = try withRun(
            project: "digits", name: name, model: "digits-mlp",
            resume: saved.map { .run($0.runID, fromStep: $0.step) },
            parameters: trainer.hyperparameters.parameters, tags: ["example"],
            settings: Settings(endpoint: endpoint)
        ) { run in
            run.finishOnSignals()
            try train(&trainer, run, store, log)
            return (run.id, run.finish())
        }
        print(Summary(runID: id, trainer: trainer, report: report).text(format))
    }

    private func train(_ trainer: inout Trainer, _ run: Run, _ store: CheckpointStore?, _ log: StepLog?)
        throws
    {
        let metrics = EpochMetrics(run)
        // Before the first epoch too: a run that is killed in it can be resumed as well.
        try store?.write(trainer.checkpoint(of: run.id))
        while !trainer.isDone {
            let epoch = try trainer.trainEpoch(recordingTo: run, log: log)
            metrics.record(epoch, step: trainer.step - 1)
            // Ended by a signal meanwhile: not all of this epoch is recorded, and the next attempt is to repeat it.
            if run.isFinished { return }
            try store?.write(trainer.checkpoint(of: run.id))
            print(
                """
                epoch \(epoch.number + 1)/\(trainer.hyperparameters.epochs)  \
                loss \(epoch.trainingLoss.rounded(to: 4))  \
                validation loss \(epoch.validationLoss.rounded(to: 4)) \
                accuracy \(epoch.validationAccuracy.percent)
                """)
        }
    }
}
