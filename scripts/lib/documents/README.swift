// What README's blocks take for granted.

struct Model: Sendable { func predict(_ image: [Float]) throws -> Int { image.count } }
let model = Model()
let image: [Float] = []
// swift-format-ignore: NeverUseForceTry
let run = try! Run.start(project: "digits", name: "second lines", model: "mlp")
