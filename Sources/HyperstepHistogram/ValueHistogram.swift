/// How often each of ``ValueBuckets`` counted something: a distribution of any numbers that can be added to others
/// without loss.
///
/// Only buckets that counted are kept. Counts stay at `UInt64.max` rather than wrap.
public struct ValueHistogram: Equatable, Sendable {
    /// The buckets that counted something, ascending, each within `-ValueBuckets.highest` to `ValueBuckets.highest`.
    public var buckets: [Int16] { parts.buckets }
    /// How much each of `buckets` counted, never 0.
    public var counts: [UInt64] { parts.counts }

    private var parts = BucketCounts<Int16>()

    /// Creates a histogram that counted nothing.
    public init() {}

    /// Creates a histogram from buckets and their counts; `nil` unless the buckets are ascending and in the layout,
    /// and each has a count other than 0.
    public init?(buckets: [Int16], counts: [UInt64]) {
        let layout = -ValueBuckets.highest...ValueBuckets.highest
        guard let parts = BucketCounts(buckets: buckets, counts: counts), buckets.allSatisfy(layout.contains)
        else { return nil }
        self.parts = parts
    }

    /// Creates the histogram of numbers; those that are not finite are left out.
    public init(values: some Sequence<Double>) {
        var counts: [Int16: UInt64] = [:]
        for value in values {
            if let bucket = ValueBuckets.bucket(of: value) { counts[bucket, default: 0] += 1 }
        }
        for (bucket, count) in counts.sorted(by: { $0.key < $1.key }) { parts.append(bucket, count) }
    }

    /// Whether nothing was counted.
    public var isEmpty: Bool { parts.isEmpty }

    /// How many numbers were counted.
    public var count: UInt64 { parts.count }

    /// Adds what another histogram counted.
    public mutating func merge(_ other: ValueHistogram) { parts.merge(other.parts) }

    /// The number that a part `p` of all numbers does not exceed: the midpoint of the smallest bucket whose
    /// cumulative count is at least ⌈`p` · `count`⌉ (nearest rank).
    ///
    /// - Parameter p: 0 to 1, as 0.99.
    /// - Returns: `nil` when nothing was counted or `p` is not within 0 to 1.
    public func percentile(_ p: Double) -> Double? {
        parts.bucket(ofPercentile: p).map(ValueBuckets.midpoint)
    }
}
