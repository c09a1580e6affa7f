/// What is known of one request: its latency, and for language models its tokens and when they came.
///
/// ```swift
/// var request = InferenceRequest(latency: ended - arrived)
/// request.timeToFirstToken = firstToken - arrived
/// request.inputTokens = prompt.count
/// request.outputTokens = answer.count
/// monitor.record(request)
/// ```
public struct InferenceRequest: Sendable, Hashable {
    /// From its arrival to the end of its answer.
    public var latency: Duration
    /// Whether it succeeded.
    public var outcome: InferenceMonitor.Outcome
    /// What it waited before work on it began; nil where it is not known.
    public var queueTime: Duration?
    /// From its arrival to the first token of its answer; nil where it is not known.
    public var timeToFirstToken: Duration?
    /// Between one token of the answer and the next, as their mean over the answer. Where it is nil and the request
    /// succeeded, it is computed: what passed after the first token, divided by the number of tokens after it.
    public var timePerOutputToken: Duration?
    /// Tokens read, 0 to 4,294,967,295.
    public var inputTokens: Int
    /// Tokens written, 0 to 4,294,967,295.
    public var outputTokens: Int

    /// A request of this latency.
    public init(
        latency: Duration, outcome: InferenceMonitor.Outcome = .ok, queueTime: Duration? = nil,
        timeToFirstToken: Duration? = nil, timePerOutputToken: Duration? = nil, inputTokens: Int = 0,
        outputTokens: Int = 0
    ) {
        self.latency = latency
        self.outcome = outcome
        self.queueTime = queueTime
        self.timeToFirstToken = timeToFirstToken
        self.timePerOutputToken = timePerOutputToken
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
    }

    /// ``timePerOutputToken``, given or computed.
    var nanosecondsPerOutputToken: UInt64? {
        if let timePerOutputToken { return timePerOutputToken.nanosecondsForBuckets }
        guard outcome == .ok, outputTokens > 1, let timeToFirstToken else { return nil }
        guard timeToFirstToken >= .zero, latency >= timeToFirstToken else { return nil }
        let rest = latency - timeToFirstToken
        let nanoseconds = rest.nanosecondsForBuckets
        guard nanoseconds == .max else { return nanoseconds / UInt64(outputTokens - 1) }
        // Too long for 64 bits as a whole, though not for each token.
        return (rest / (outputTokens - 1)).nanosecondsForBuckets
    }
}
