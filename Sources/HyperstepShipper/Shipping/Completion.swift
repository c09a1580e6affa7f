import NIOConcurrencyHelpers

/// Something that happens once, and whom to tell.
final class Completion: Sendable {
    private struct State {
        var isComplete = false
        var waiters: [@Sendable () -> Void] = []
    }

    private let state = NIOLockedValueBox(State())

    func complete() {
        let waiters = state.withLockedValue { state in
            state.isComplete = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter() }
    }

    /// Calls `waiter` when it happens, or now when it has.
    func onComplete(_ waiter: @escaping @Sendable () -> Void) {
        let isComplete = state.withLockedValue { state in
            if !state.isComplete { state.waiters.append(waiter) }
            return state.isComplete
        }
        if isComplete { waiter() }
    }
}

extension Completion {
    /// Waits until it has happened, at most until `deadline`. No thread waits.
    ///
    /// Who waits to a far deadline leaves nothing behind that sleeps until then. `onTimerEnd` is told when the timer has
    /// ended, for tests.
    func wait(
        until deadline: ContinuousClock.Instant, onTimerEnd: @escaping @Sendable () -> Void = {}
    ) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let once = Once(continuation)
            let timer = Task {
                try? await Task.sleep(until: deadline, clock: .continuous)
                once.resume()
                onTimerEnd()
            }
            onComplete {
                timer.cancel()
                once.resume()
            }
        }
    }
}

/// A continuation that two parties race to resume.
private final class Once: Sendable {
    private let continuation: NIOLockedValueBox<CheckedContinuation<Void, Never>?>

    init(_ continuation: CheckedContinuation<Void, Never>) {
        self.continuation = NIOLockedValueBox(continuation)
    }

    func resume() {
        continuation.withLockedValue { continuation in
            defer { continuation = nil }
            return continuation
        }?.resume()
    }
}
