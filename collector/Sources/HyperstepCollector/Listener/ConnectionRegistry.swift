internal import NIOCore
internal import Synchronization

/// The open connections of a listener: bounds their number, and ends them.
final class ConnectionRegistry: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isShuttingDown = false
        /// Resumed when the last connection of a shutdown is gone.
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let maximum: Int
    private let state = Mutex(State())

    init(maximum: Int) { self.maximum = maximum }

    var count: Int { state.withLock { $0.channels.count } }

    /// Takes a connection in; false where there is no room for it, or no more time.
    func add(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let isTaken = state.withLock { state in
            guard !state.isShuttingDown, state.channels.count < maximum else { return false }
            state.channels[id] = channel
            return true
        }
        if isTaken { channel.closeFuture.whenComplete { _ in self.remove(id) } }
        return isTaken
    }

    private func remove(_ id: ObjectIdentifier) {
        let waiter = state.withLock { state in
            state.channels[id] = nil
            guard state.channels.isEmpty else { return nil as CheckedContinuation<Void, Never>? }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Asks every connection to finish what it serves and go, and closes those that have not after the timeout.
    /// Returns how many had to be closed.
    func shutDown(timeout: Duration) async -> Int {
        let channels = state.withLock { state in
            state.isShuttingDown = true
            return Array(state.channels.values)
        }
        for channel in channels {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
        let killer = Task {
            try await Task.sleep(for: timeout)
            return closeAll()
        }
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.channels.isEmpty { return true }
                state.waiter = continuation
                return false
            }
            if isDone { continuation.resume() }
        }
        killer.cancel()
        return (try? await killer.value) ?? 0
    }

    private func closeAll() -> Int {
        let channels = state.withLock { Array($0.channels.values) }
        for channel in channels { channel.close(promise: nil) }
        return channels.count
    }
}
