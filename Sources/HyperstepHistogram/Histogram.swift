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
    public private(set) var buckets: [UInt16]
    /// How much each of `buckets` counted, never 0.
    public private(set) var counts: [UInt64]

    /// Creates a histogram that counted nothing.
    public init() {
        (buckets, counts) = ([], [])
    }

    /// Creates a histogram from buckets and their counts; `nil` unless the buckets are ascending and below
    /// `LatencyBuckets.count`, and each has a count other than 0.
    public init?(buckets: [UInt16], counts: [UInt64]) {
        guard buckets.count == counts.count, !counts.contains(0), (buckets.last ?? 0) < LatencyBuckets.count,
            zip(buckets, buckets.dropFirst()).allSatisfy({ $0 < $1 })
        else { return nil }
        (self.buckets, self.counts) = (buckets, counts)
    }

    /// Creates a histogram from the counts of all buckets, the first bucket's first; missing ones are 0.
    public init(dense: some Sequence<UInt64>) {
        self.init()
        for (bucket, count) in zip(0..<LatencyBuckets.count, dense) where count > 0 {
            buckets.append(UInt16(bucket))
            counts.append(count)
        }
    }

    /// Creates the histogram of durations in nanoseconds.
    public init(nanoseconds: some Sequence<UInt64>) {
        var dense = [UInt64](repeating: 0, count: LatencyBuckets.count)
        for duration in nanoseconds { dense[LatencyBuckets.index(nanoseconds: duration)] += 1 }
        self.init(dense: dense)
    }

    /// Whether nothing was counted.
    public var isEmpty: Bool { buckets.isEmpty }

    /// How many durations were counted.
    public var count: UInt64 { counts.reduce(0, Self.sum) }

    /// Adds what another histogram counted.
    public mutating func merge(_ other: Histogram) {
        if other.isEmpty { return }
        var merged = Histogram()
        merged.buckets.reserveCapacity(buckets.count + other.buckets.count)
        merged.counts.reserveCapacity(buckets.count + other.buckets.count)
        var (mine, theirs) = (0, 0)
        while mine < buckets.count || theirs < other.buckets.count {
            let left = mine < buckets.count ? buckets[mine] : .max
            let right = theirs < other.buckets.count ? other.buckets[theirs] : .max
            merged.buckets.append(min(left, right))
            merged.counts.append(
                Self.sum(left <= right ? counts[mine] : 0, right <= left ? other.counts[theirs] : 0))
            if left <= right { mine += 1 }
            if right <= left { theirs += 1 }
        }
        self = merged
    }

    /// The duration that a part `p` of all durations does not exceed, in milliseconds: the midpoint of the
    /// smallest bucket whose cumulative count is at least ⌈`p` · `count`⌉ (nearest rank).
    ///
    /// - Parameter p: 0 to 1, as 0.99.
    /// - Returns: `nil` when nothing was counted or `p` is not within 0 to 1.
    public func percentile(_ p: Double) -> Double? {
        guard (0...1).contains(p), !isEmpty else { return nil }
        let total = count
        // Beyond 2^53 the product may be rounded past what a UInt64 holds.
        let rank = UInt64(exactly: (p * Double(total)).rounded(.up)) ?? total
        var cumulative: UInt64 = 0
        for (bucket, count) in zip(buckets, counts) {
            cumulative = Self.sum(cumulative, count)
            if cumulative >= min(rank, total) { return Self.milliseconds(bucket) }
        }
        return nil
    }

    private static func milliseconds(_ bucket: UInt16) -> Double {
        Double(LatencyBuckets.midpoint(Int(bucket))) / 1_000_000
    }

    private static func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (sum, overflows) = left.addingReportingOverflow(right)
        return overflows ? .max : sum
    }
}
