import HyperstepPolicies
import HyperstepPostgres
import Synchronization

/// What the parts of the policy service tell each other.
final class PolicyServiceState: Sendable {
    private struct State {
        var declared: PolicySet
        var isStopping = false
        var isFinished = false
        /// Something has changed since the last sleep began.
        var isWoken = false
        var sleeper: Task<Void, Never>?
        var cancel: PostgresCancel?
    }

    private let state: Mutex<State>

    init(_ declared: PolicySet) { state = Mutex(State(declared: declared)) }

    var declared: PolicySet { state.withLock(\.declared) }
    var isStopping: Bool { state.withLock(\.isStopping) }

    func declare(_ policies: PolicySet) {
        state.withLock {
            $0.declared = policies
            $0.isWoken = true
            $0.sleeper?.cancel()
        }
    }

    /// Ends a sleep and the statement under way; again is harmless. A cancel may arrive between two statements, so
    /// that it is said again until the round has seen that it is to stop.
    func stop() {
        let isFirst = state.withLock { state in
            defer { state.isStopping = true }
            state.sleeper?.cancel()
            return !state.isStopping
        }
        guard isFirst else { return }
        // It asks the server, which may not answer: never on a thread that others need.
        try? BlockingThread.start { [self] in
            while !state.withLock(\.isFinished) {
                state.withLock(\.cancel)?.cancel()
                BlockingThread.sleep(.milliseconds(200))
            }
        }
    }

    /// The last round is over.
    func finish() { state.withLock { $0.isFinished = true } }

    func setCancel(_ cancel: PostgresCancel?) { state.withLock { $0.cancel = cancel } }

    /// Returns after `duration`, or as soon as there is something to do.
    func sleep(for duration: Duration) async {
        let sleeper = Task { _ = try? await Task.sleep(for: duration) }
        let mustNot = state.withLock { state in
            defer { state.isWoken = false }
            state.sleeper = sleeper
            return state.isWoken || state.isStopping
        }
        if mustNot { sleeper.cancel() }
        await sleeper.value
    }
}
