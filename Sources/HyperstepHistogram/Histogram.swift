/// How often each of `LatencyBuckets` counted something: a distribution of durations that can be added to
/// others without loss.
///
/// Only buckets that counted are kept. Counts stay at `UInt64.max` rather than wrap.
///
///     var all = Histogram()
///     for part in parts { all.merge(part) }
///     all.percentile(0.99)  // milliseconds
public struct Histogram: Equatable, Sendable {
    /// The buckets that counted something, ascending, each below `LatencyBuckets.count`.
    public var buckets: [UInt16] { parts.buckets }
    /// How much each of `buckets` counted, never 0.
    public var counts: [UInt64] { parts.counts }

    private var parts = BucketCounts<UInt16>()

    /// Creates a histogram that counted nothing.
    public init() {}

    /// Creates a histogram from buckets and their counts; `nil` unless the buckets are ascending and below
    /// `LatencyBuckets.count`, and each has a count other than 0.
    public init?(buckets: [UInt16], counts: [UInt64]) {
        guard let parts = BucketCounts(buckets: buckets, counts: counts),
            (buckets.last ?? 0) < LatencyBuckets.count
        else { return nil }
        self.parts = parts
    }

    /// Creates a histogram from the counts of all buckets, the first bucket's first; missing ones are 0.
    public init(dense: some Sequence<UInt64>) {
        for (bucket, count) in zip(0..<LatencyBuckets.count, dense) where count > 0 {
            parts.append(UInt16(bucket), count)
        }
    }

    /// Creates the histogram of durations in nanoseconds.
    public init(nanoseconds: some Sequence<UInt64>) {
        var dense = [UInt64](repeating: 0, count: LatencyBuckets.count)
        for duration in nanoseconds { dense[LatencyBuckets.index(nanoseconds: duration)] += 1 }
        self.init(dense: dense)
    }

    /// Whether nothing was counted.
    public var isEmpty: Bool { parts.isEmpty }

    /// How many durations were counted.
    public var count: UInt64 { parts.count }

    /// Adds what another histogram counted.
    public mutating func merge(_ other: Histogram) { parts.merge(other.parts) }

    /// The duration that a part `p` of all durations does not exceed, in milliseconds: the midpoint of the
    /// smallest bucket whose cumulative count is at least ⌈`p` · `count`⌉ (nearest rank).
    ///
    /// - Parameter p: 0 to 1, as 0.99.
    /// - Returns: `nil` when nothing was counted or `p` is not within 0 to 1.
    public func percentile(_ p: Double) -> Double? {
        parts.bucket(ofPercentile: p).map { Double(LatencyBuckets.midpoint(Int($0))) / 1_000_000 }
    }
}
