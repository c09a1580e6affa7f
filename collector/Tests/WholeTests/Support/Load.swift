import Foundation
import Testing

/// A trainer that goes on until it is told to stop, however often what it depends on dies.
struct Load {
    let whole: Whole
    let runs: [UUID]
    let progress = ProgressFile()
    let trainer: ChildProcess

    init(_ whole: Whole, _ runs: [UUID], through port: Int? = nil) throws {
        self.whole = whole
        self.runs = runs
        trainer = try whole.startTrainer(
            runs: runs, through: port, ["--progress", progress.path, "--pace", "10", "--all-kinds", "true"])
    }

    /// Kills the trainer as well, has what it left replayed, and checks every step, scalar and request.
    func finish() throws {
        #expect(trainer.isRunning, "the trainer ended on its own: see \(trainer.log)")
        trainer.kill()
        try whole.replay()
        let returned = try progress.read()
        progress.remove()
        #expect(returned.allSatisfy { $0 > 0 })
        try WholeTests.KillTests.expectExactlyOnce(whole, runs, returned: returned)
    }
}
