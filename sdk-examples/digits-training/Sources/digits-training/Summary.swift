import ArgumentParser
import DigitsTrainer
import Foundation
import Hyperstep

enum SummaryFormat: String, ExpressibleByArgument {
    case text, json
}

/// What is said at the end of a run.
struct Summary {
    let runID: UUID
    let trainer: Trainer
    let report: FinishReport

    func text(_ format: SummaryFormat) -> String {
        let accuracy = trainer.validationAccuracy
        return switch format {
        case .text:
            """

            run       \(runID)
            accuracy  \(accuracy.percent) of the validation images
            steps     \(trainer.step)
            records   \(report)
            """
        case .json:
            #"{"run_id": "\#(runID)", "steps": \#(trainer.step), "committed": \#(report.committed), "#
                + #""spooled": \#(report.spooled), "dropped": \#(report.dropped), "accuracy": \#(accuracy)}"#
        }
    }
}

extension Double {
    /// As "97.2%".
    var percent: String { "\((self * 100).rounded(to: 1))%" }

    func rounded(to digits: Int) -> Double {
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        return (self * scale).rounded() / scale
    }
}
