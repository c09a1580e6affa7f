// What docs/inference.md's blocks take for granted: a reader's own server.

struct Model: Sendable { func predict(_ image: [Float]) throws -> Int { image.count } }
let model = Model()
let image: [Float] = []
let prompt = [1, 2, 3]
let answer = [4, 5]
let elapsed = Duration.milliseconds(3)
let arrived = ContinuousClock.now
let (began, firstToken, ended) = (arrived + .milliseconds(1), arrived + .milliseconds(2), arrived + elapsed)
// swift-format-ignore: NeverUseForceTry
let monitor = try! InferenceMonitor.start(model: "digits-mlp", endpoint: "/chat")

/// In asynchronous code `await` is for bodies that wait, and for no others.
func handler() async throws -> Int {
    let digit = try monitor.measure { try model.predict(image) }
    return try await monitor.measure {
        try await Task.sleep(for: .zero)
        return digit
    }
}
