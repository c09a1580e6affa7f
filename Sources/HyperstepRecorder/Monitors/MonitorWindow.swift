import HyperstepHistogram

/// What a series counted in one interval: the difference between its counters and what was taken before.
public struct MonitorWindow: Sendable, Equatable {
    /// How many durations a bucket counted.
    public struct Bucket: Sendable, Equatable {
        /// The bucket, by `LatencyBuckets`: 0 to 2,111.
        public let index: Int
        /// How many durations; never 0.
        public let count: UInt64
    }

    /// The series, as whoever registered it described it.
    public let identity: [UInt8]
    /// When the interval began, in nanoseconds since 1970: when the window before it was taken, or the series
    /// was registered.
    public let start: Int64
    /// When it ended, after `start`. In an orphan, when its program was last known to live.
    public let end: Int64
    /// Requests that failed.
    public let errors: UInt64
    /// Tokens of requests.
    public let inputTokens: UInt64
    /// Tokens of answers.
    public let outputTokens: UInt64
    private let histograms: [[Bucket]]

    /// A kind's histogram: the buckets that counted anything, ascending.
    public func buckets(_ kind: LatencyKind) -> [Bucket] { histograms[kind.rawValue] }

    /// How many durations of a kind were recorded. For ``LatencyKind/request``: the number of requests.
    public func count(_ kind: LatencyKind) -> UInt64 {
        buckets(kind).reduce(0) { $0 &+ $1.count }
    }

    /// Whether nothing was counted.
    var isEmpty: Bool {
        errors == 0 && inputTokens == 0 && outputTokens == 0 && histograms.allSatisfy(\.isEmpty)
    }

    /// What `totals` have beyond `taken`, of the counters in `part`.
    init(
        identity: [UInt8], start: Int64, end: Int64, totals: [UInt64],
        taken: UnsafeMutableBufferPointer<UInt64>, part: Range<Int>
    ) {
        func count(_ number: Int) -> UInt64 {
            // Never below by our own doing; a power cut may have kept one page and lost another.
            part.contains(number) && totals[number] > taken[number] ? totals[number] - taken[number] : 0
        }
        self.identity = identity
        self.start = start
        self.end = end
        errors = count(MonitorCounter.errors)
        inputTokens = count(MonitorCounter.inputTokens)
        outputTokens = count(MonitorCounter.outputTokens)
        histograms = LatencyKind.allCases.map { kind in
            let numbers = MonitorCounter.buckets(kind)
            return numbers.lazy.map { ($0, count($0)) }.filter { $0.1 > 0 }
                .map { Bucket(index: $0.0 - numbers.lowerBound, count: $0.1) }
        }
    }
}
