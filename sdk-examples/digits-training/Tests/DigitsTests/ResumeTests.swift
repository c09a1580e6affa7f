import DigitsModel
import DigitsTrainer
import Hyperstep
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite struct ResumeTests {
    private var hyperparameters: Hyperparameters {
        var result = Hyperparameters()
        result.epochs = 4
        result.seed = 7
        return result
    }

    private func run() throws -> Run {
        try Run.start(
            project: "digits", name: "test", model: "digits-mlp", settings: Settings(mode: .disabled))
    }

    @Test(
        "A training that is interrupted after any epoch and goes on from its file ends with the same weights, bit for bit",
        arguments: 0...4)
    func resume(epochs: Int) throws {
        let run = try run()
        var whole = Trainer(hyperparameters)
        while !whole.isDone { _ = try whole.trainEpoch(recordingTo: run) }

        var first = Trainer(hyperparameters)
        for _ in 0..<epochs { _ = try first.trainEpoch(recordingTo: run) }
        let file = try TemporaryFile()
        try first.checkpoint(of: run.id).write(to: file.path)

        var second = Trainer(resuming: try Checkpoint(contentsOf: file.path))
        while !second.isDone { _ = try second.trainEpoch(recordingTo: run) }
        #expect(second.checkpoint(of: run.id) == whole.checkpoint(of: run.id))
        #expect(second.model == whole.model)
        #expect(second.step == whole.step)
    }

    @Test("Another seed gives another model, and the same seed the same")
    func seeds() throws {
        let run = try run()
        func trained(seed: UInt64) throws -> Perceptron {
            var hyperparameters = hyperparameters
            hyperparameters.seed = seed
            var trainer = Trainer(hyperparameters)
            _ = try trainer.trainEpoch(recordingTo: run)
            return trainer.model
        }
        #expect(try trained(seed: 1) == trained(seed: 1))
        #expect(try trained(seed: 1) != trained(seed: 2))
    }

    @Test("Each epoch sees every training image once, in an order of its own")
    func order() {
        let data = Dataset(seed: 3)
        let epochs = (0..<3).map { epoch in
            data.batches(of: 32, epoch: epoch, seed: 3).flatMap { $0.map(\.pixels) }
        }
        let images = data.training.map(\.pixels)
        for epoch in epochs {
            #expect(epoch.sorted(by: isBefore) == images.sorted(by: isBefore))
        }
        #expect(epochs[0] != epochs[1] && epochs[1] != epochs[2])
        #expect(images.count + data.validation.count == 1797)
    }

    private func isBefore(_ first: [Float], _ second: [Float]) -> Bool {
        first.lexicographicallyPrecedes(second)
    }

    @Test("Four epochs recognise more than nine of ten validation images, and probabilities add up to 1")
    func learns() throws {
        let run = try run()
        var trainer = Trainer(hyperparameters)
        var last = 0.0
        while !trainer.isDone { last = try trainer.trainEpoch(recordingTo: run).validationAccuracy }
        #expect(last > 0.9)
        #expect(trainer.validationAccuracy == last)
        let image = Dataset.all()[0]
        let probabilities = trainer.model.probabilities(of: [image.pixels, image.pixels])
        #expect(probabilities.count == 2 && probabilities[0] == probabilities[1])
        #expect(abs(probabilities[0].reduce(0, +) - 1) < 1e-5)
    }
}
