// What docs/training.md's blocks take for granted: a reader's own program.

func train(_ batch: Int) throws -> Double { 1 / Double(batch + 1) }

struct Checkpoint {
    var run: UUID
    var step: Int
    func write() throws {}
    static func read() throws -> Checkpoint { Checkpoint(run: sharedID, step: 50) }
}

struct Hyperparameters: Codable {
    var learningRate: Float = 0.05
    var layers = [128, 64]
}

struct Row {
    var step = 0
    var loss = 0.5
    var milliseconds = 2.5
    var date = Date(timeIntervalSince1970: 1_767_225_600)
}

// swift-format-ignore: NeverUseForceTry
let run = try! Run.start(project: "digits", name: "of the blocks that go on", model: "mlp")
let sharedID = UUID()
let checkpoint = Checkpoint(run: sharedID, step: 50)
let (seed, nextStep, rank, attempt) = (7, 50, 1, 3)
let hyperparameters = Hyperparameters()
let rows = [Row(), Row(step: 1)]
