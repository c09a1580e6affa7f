import HyperstepHistogram

/// The durations of which a series keeps a histogram each. The numbers are those of the file.
public enum LatencyKind: Int, Sendable, CaseIterable {
    /// From a request's arrival to the end of its answer.
    case request = 0
    /// From a request's arrival to the first token of its answer.
    case firstToken = 1
    /// Between one token of an answer and the next, as their mean over the answer.
    case perOutputToken = 2
    /// What a request waited before work on it began.
    case queue = 3
}

/// A series' counters: three of them, up to a cache line, and then the buckets of each kind's histogram.
enum MonitorCounter {
    static let errors = 0
    static let inputTokens = 1
    static let outputTokens = 2
    private static let firstBucket = 8

    static let count = firstBucket + LatencyKind.allCases.count * LatencyBuckets.count

    @inline(__always)
    static func bucket(_ kind: LatencyKind, nanoseconds: UInt64) -> Int {
        firstBucket &+ kind.rawValue &* LatencyBuckets.count &+ LatencyBuckets.index(nanoseconds: nanoseconds)
    }

    static func buckets(_ kind: LatencyKind) -> Range<Int> {
        let first = firstBucket + kind.rawValue * LatencyBuckets.count
        return first..<first + LatencyBuckets.count
    }

    static let all = 0..<count
    /// All counters in pieces, a histogram each.
    static let parts = LatencyKind.allCases.map { kind in
        kind == .request ? 0..<buckets(kind).upperBound : buckets(kind)
    }
}
