import HyperstepPostgres
import Synchronization

/// What the writers of an ingest could do last, as far as readiness is concerned.
final class WriterHealth: Sendable {
    private struct Condition {
        /// Why there is no session; nil while there is one. It is tried to make one all the time.
        var disconnection: String?
        /// Groups in a row that could not be committed.
        var failures = 0
        /// The last of them.
        var failure: (reason: String, at: ContinuousClock.Instant)?
    }

    private struct State {
        var conditions: [Condition]
        var lastCommit: ContinuousClock.Instant?
    }

    private let state: Mutex<State>

    /// How long a group that failed counts where no other follows: whoever sends is sent elsewhere meanwhile, and
    /// nothing would ever come that could be committed.
    static let memory: Duration = .seconds(15)

    init(writers: Int) {
        let connecting = Condition(disconnection: "the collector is connecting to its database")
        state = Mutex(State(conditions: Array(repeating: connecting, count: writers)))
    }

    /// A writer has a session.
    func connected(_ writer: Int) { state.withLock { $0.conditions[writer].disconnection = nil } }

    /// A writer has no session any more, or gets none.
    func disconnected(_ writer: Int, reason: String) {
        state.withLock { $0.conditions[writer].disconnection = reason }
    }

    /// A writer committed batches.
    func committed(_ writer: Int) {
        state.withLock { state in
            state.conditions[writer] = Condition()
            state.lastCommit = .now
        }
    }

    /// A writer had to give a group back to its producers.
    func failed(_ writer: Int, _ error: PostgresError) {
        state.withLock { state in
            state.conditions[writer].failures += 1
            // A session that ends, as where the server is started anew, is no failure once there is another: only if
            // the next group fails as well.
            guard !error.endsSession || state.conditions[writer].failures > 1 else { return }
            state.conditions[writer].failure = (error.description, .now)
        }
    }

    /// Why batches are not committed now; nil where they are, as far as writers know.
    var obstacle: String? {
        let now = ContinuousClock.now
        for condition in state.withLock(\.conditions) {
            if let reason = condition.disconnection { return reason }
            if let failure = condition.failure, now - failure.at < Self.memory {
                return "a writer could not commit what it was sent last: \(failure.reason)"
            }
        }
        return nil
    }

    /// When something was committed last.
    var lastCommit: ContinuousClock.Instant? { state.withLock(\.lastCommit) }
}
