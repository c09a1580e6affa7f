import DigitsModel
import DigitsTrainer
import Foundation
import Hyperstep

/// One training of the sweep: a run with its steps and scalars, and an experiment that says how it stands.
struct Trial {
    let sweep: UUID
    let hyperparameters: Hyperparameters
    let settings: Settings

    /// How a trial ended.
    struct Result {
        var run: UUID
        var hyperparameters: Hyperparameters
        var bestAccuracy = 0.0
        var report = FinishReport()
    }

    /// The asynchronous form of `withRun`: computing takes a thread of Swift's concurrency, but to wait until the records
    /// are committed does not, so that other trials go on meanwhile.
    func run() async throws -> Result {
        let parameters = hyperparameters.parameters.merging(["sweep": .string(sweep.uuidString)]) { $1 }
        return try await withRun(
            project: "digits-sweep", name: name, model: "digits-mlp", parameters: parameters,
            tags: ["example"],
            settings: settings
        ) { run in
            // Of the run's id, so that a query finds one by the other.
            let experiment = run.experiment(id: run.id, parameters: parameters)
            var result = Result(run: run.id, hyperparameters: hyperparameters)
            let metrics = EpochMetrics(run)
            var trainer = Trainer(hyperparameters)
            while !trainer.isDone {
                let epoch = try trainer.trainEpoch(recordingTo: run)
                metrics.record(epoch, step: trainer.step - 1)
                result.bestAccuracy = max(result.bestAccuracy, epoch.validationAccuracy)
                experiment.record(metrics: [
                    "val/accuracy": epoch.validationAccuracy, "val/loss": epoch.validationLoss,
                    "best/accuracy": result.bestAccuracy,
                ])
            }
            experiment.finish()
            result.report = await run.finish()
            return result
        }
    }

    private var name: String {
        "lr \(hyperparameters.learningRate), \(hyperparameters.hiddenUnits) units"
    }
}

extension Trial.Result {
    var text: String {
        "learning rate \(hyperparameters.learningRate), \(hyperparameters.hiddenUnits) units: "
            + "best validation accuracy \((bestAccuracy * 1000).rounded() / 10)%  (\(report))"
    }

    var json: String {
        #"{"run_id": "\#(run)", "learning_rate": \#(hyperparameters.learningRate), "#
            + #""hidden_units": \#(hyperparameters.hiddenUnits), "best_accuracy": \#(bestAccuracy), "#
            + #""committed": \#(report.committed), "dropped": \#(report.dropped)}"#
    }
}
