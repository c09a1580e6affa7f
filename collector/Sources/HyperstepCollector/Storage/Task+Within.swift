extension Task where Failure == Never {
    /// The task's value, or nil where there is none within `limit`. The task goes on: what blocks a thread cannot be given
    /// up in the middle, and whoever waits for it is answered in time all the same.
    func value(within limit: Duration) async -> Success? {
        // Not a task group: that waits for all of its tasks.
        let first = AsyncStream.makeStream(of: Success?.self, bufferingPolicy: .bufferingOldest(1))
        Task<Void, Never> { first.continuation.yield(await value) }
        let timer = Task<Void, Never> {
            try? await Task<Never, Never>.sleep(for: limit)
            first.continuation.yield(nil)
        }
        defer { timer.cancel() }
        return await first.stream.first { _ in true } ?? nil
    }
}
