@testable import HyperstepRecorder

/// Recorders that threads won, held so that their locks stay.
final class Winners: Sendable {
    private let recorders = Guarded<[Recorder]>([])
    var count: Int { recorders.withLock { $0.count } }
    func add(_ recorder: Recorder) { recorders.withLock { $0.append(recorder) } }
    func removeAll() throws {
        for recorder in recorders.withLock({ $0 }) { try recorder.remove() }
    }
}
