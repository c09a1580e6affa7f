import HyperstepClock
import HyperstepRecorder

extension InferenceMonitor {
    /// Runs `body` and counts how long it took; as an error where it throws, cancellation included.
    ///
    /// ```swift
    /// let digit = try monitor.measure { try model.predict(image) }
    /// ```
    @inlinable
    public func measure<Result: ~Copyable, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard isCounting else { return try body() }
        let start = Self.now
        do throws(Failure) {
            let result = try body()
            record(from: start, .ok)
            return result
        } catch {
            record(from: start, .error)
            throw error
        }
    }

    /// As the synchronous form. `body` runs where its caller does, and what it waits counts.
    @inlinable
    nonisolated(nonsending) public func measure<Result: ~Copyable, Failure: Error>(
        _ body: nonisolated(nonsending) () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        guard isCounting else { return try await body() }
        let start = Self.now
        do throws(Failure) {
            let result = try await body()
            record(from: start, .ok)
            return result
        } catch {
            record(from: start, .error)
            throw error
        }
    }

    /// Whether there is a series; one that has ended is told of calls, so that it can say so.
    @usableFromInline
    var isCounting: Bool { series != nil }

    /// The monotonic clock, in nanoseconds.
    @usableFromInline
    static var now: Int64 { SystemClock.monotonic }

    @usableFromInline
    func record(from start: Int64, _ outcome: Outcome) {
        count(nanoseconds: UInt64(max(0, SystemClock.monotonic &- start)), outcome)
    }
}
