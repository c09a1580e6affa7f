internal import NIOCore
internal import Synchronization

/// The open connections of a listener: bounds their number, and ends them.
final class ConnectionRegistry: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isShuttingDown = false
    }

    private let maximum: Int
    private let state = Mutex(State())
    /// The last connection is gone, and no other comes.
    private let isEmpty = OneTimeEvent()

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
        let isLast = state.withLock { state in
            state.channels[id] = nil
            return state.isShuttingDown && state.channels.isEmpty
        }
        if isLast { isEmpty.happen() }
    }

    /// Asks every connection to finish what it serves and go, and closes those that have not after the timeout.
    /// Returns how many had to be closed. It may be called again, and by several at once: all of them return when the
    /// last connection is gone.
    func shutDown(timeout: Duration) async -> Int {
        let channels = state.withLock { state in
            state.isShuttingDown = true
            return Array(state.channels.values)
        }
        for channel in channels {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
        if channels.isEmpty { isEmpty.happen() }
        // In a task of its own: what is served is finished even where the caller's task is cancelled.
        return await Task { [self] in
            if await isEmpty.happens(within: timeout) { return 0 }
            let cut = closeAll()
            await isEmpty.wait()
            return cut
        }.value
    }

    private func closeAll() -> Int {
        let channels = state.withLock { Array($0.channels.values) }
        for channel in channels { channel.close(promise: nil) }
        return channels.count
    }
}
