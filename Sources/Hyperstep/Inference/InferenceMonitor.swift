import HyperstepRecorder
import Logging

/// What one model does for one endpoint: latencies, errors and, for language models, tokens.
///
/// ```swift
/// let monitor = try InferenceMonitor.start(model: "digits-mlp", endpoint: "/predict")  // once
/// let digit = try monitor.measure { try model.predict(image) }
/// ```
///
/// Requests are counted, not kept one by one: into histograms of at most 1 % relative error from 1 µs to 1 hour.
/// At each ``Settings/windowInterval`` (10 s) they become one row of the table `model_performance`, and one of
/// `latency_histogram` for each bucket, from which percentiles over processes and hours are computed. An interval
/// in which nothing ended has no row.
///
/// Every call may come from any thread. It takes no lock, allocates nothing, makes no system call, and never
/// throws, waits or traps. What was recorded survives the end of the process, however it ends, as a run's steps
/// do; ``shutdown(timeout:)-(Duration)`` sends the last window before the process ends.
public struct InferenceMonitor: Sendable {
    /// Whether a request succeeded.
    public enum Outcome: Sendable, Hashable {
        /// It was answered.
        case ok
        /// It was not, whatever the reason.
        case error
    }

    /// The name of the model.
    public let model: String
    /// The model's version, where it has one.
    public let modelVersion: String?
    /// What is asked of it, as `/predict`.
    public let endpoint: String

    /// Nil in the mode `disabled`, and where there was no room for another series.
    let series: MonitorSeries?
    /// What is told of calls after the end; nil in the mode `disabled`.
    let late: LateCalls?

    /// Whether requests are counted: not in the mode `disabled`, not where the process had
    /// ``Settings/monitorCapacity`` monitors already, and not after ``shutdown(timeout:)-(Duration)``.
    public var isRecording: Bool { series?.isOpen ?? false }

    /// Counts a request that ended now.
    ///
    /// - Parameters:
    ///   - latency: from its arrival to the end of its answer. Less than 512 ns counts as that, more than 73
    ///     minutes too.
    ///   - outcome: whether it succeeded.
    public func record(latency: Duration, outcome: Outcome = .ok) {
        count(nanoseconds: latency.nanosecondsForBuckets, outcome)
    }

    /// Counts a request whose latency is a number of seconds, which may be any: NaN and what is negative count
    /// as the shortest latency, infinity as the longest.
    public func record(seconds: Double, outcome: Outcome = .ok) {
        let nanoseconds = seconds * 1e9
        let counted: UInt64 = nanoseconds > 0 ? UInt64(min(nanoseconds, 0x1p62)) : 0
        count(nanoseconds: counted, outcome)
    }

    /// Counts a request with all that is known of it.
    public func record(_ request: InferenceRequest) {
        let isCounted =
            series?.recordRequest(
                nanoseconds: request.latency.nanosecondsForBuckets, isError: request.outcome == .error)
            ?? true
        guard isCounted else { return noteLate() }
        if let queueTime = request.queueTime {
            series?.record(.queue, nanoseconds: queueTime.nanosecondsForBuckets)
        }
        if let timeToFirstToken = request.timeToFirstToken {
            series?.record(.firstToken, nanoseconds: timeToFirstToken.nanosecondsForBuckets)
        }
        if let perOutputToken = request.nanosecondsPerOutputToken {
            series?.record(.perOutputToken, nanoseconds: perOutputToken)
        }
        series?.recordTokens(
            input: UInt32(clamping: request.inputTokens), output: UInt32(clamping: request.outputTokens))
    }

    // Each asks `series?` anew: bound to a name it is retained, which is one word that all threads write to.
    @inline(__always)
    func count(nanoseconds: UInt64, _ outcome: Outcome) {
        let isCounted = series?.recordRequest(nanoseconds: nanoseconds, isError: outcome == .error) ?? true
        if !isCounted { noteLate() }
    }

    /// A call after the end is a mistake in the program, which its author should hear of, once.
    @inline(never)
    private func noteLate() {
        late?.note(["model": "\(model.shortened)", "endpoint": "\(endpoint.shortened)"])
    }
}
