import DigitsModel
import DigitsTrainer
import Hyperstep
import HyperstepTestKit
import Testing

@Suite struct RecordingTests {
    @Test("A training records its hyperparameters, every step once, and each epoch's values at its last step")
    func records() async throws {
        try await withTestCollector { collector in
            var hyperparameters = Hyperparameters()
            hyperparameters.epochs = 3
            hyperparameters.momentum = 0
            let run = try Run.start(
                project: "digits", name: "test", model: "digits-mlp",
                parameters: hyperparameters.parameters, settings: collector.settings)
            let metrics = EpochMetrics(run)
            var trainer = Trainer(hyperparameters)
            var losses: [Double] = []
            while !trainer.isDone {
                let epoch = try trainer.trainEpoch(recordingTo: run)
                metrics.record(epoch, step: trainer.step - 1)
                losses.append(epoch.validationLoss)
            }
            await run.finish(timeout: .seconds(60))

            let recorded = try #require(collector[run])
            #expect(recorded.status == .finished)
            #expect(recorded.parameters == hyperparameters.parameters)
            #expect(recorded.steps.map(\.step) == Array(0..<trainer.step))
            #expect(recorded.steps.allSatisfy { ($0.loss ?? .nan).isFinite && $0.gradientNorm != nil })
            let batches = trainer.step / hyperparameters.epochs
            #expect(recorded.steps.map(\.epoch) == recorded.steps.indices.map { $0 / batches })
            #expect(recorded.steps.map(\.batch) == recorded.steps.indices.map { $0 % batches })
            let names = ["learning_rate", "train/loss", "val/accuracy", "val/loss"]
            #expect(recorded.metrics.keys.sorted() == names)
            #expect(recorded.metrics["val/loss"]?.map(\.value) == losses)
            for name in names {
                #expect(recorded.metrics[name]?.map(\.step) == (1...3).map { $0 * batches - 1 })
            }
        }
    }
}
