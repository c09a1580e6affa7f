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
