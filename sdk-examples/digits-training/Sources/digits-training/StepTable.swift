import Foundation

/// The steps of a run as CSV, to hold against what the database has of it.
struct StepTable {
    private var lines = ["step,epoch,batch,loss,accuracy,learning_rate,gradient_norm"]

    mutating func add(epoch: Int, batch: Int, step: Perceptron.Step, learningRate: Double) {
        // A double's description reads back as the same double.
        lines.append(
            "\(lines.count - 1),\(epoch),\(batch),\(step.loss),\(step.accuracy),\(learningRate),\(step.gradientNorm)"
        )
    }

    func write(to path: String) throws {
        try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
    }
}
