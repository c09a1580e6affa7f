/// Buckets that counted something and how much, ascending: what all layouts of histograms have in common. Counts stay
/// at `UInt64.max` rather than wrap.
struct BucketCounts<Bucket: FixedWidthInteger & Sendable>: Equatable, Sendable {
    private(set) var buckets: [Bucket] = []
    /// One for each bucket, never 0.
    private(set) var counts: [UInt64] = []

    init() {}

    /// Nil unless the buckets are ascending and each has a count other than 0.
    init?(buckets: [Bucket], counts: [UInt64]) {
        guard buckets.count == counts.count, !counts.contains(0),
            zip(buckets, buckets.dropFirst()).allSatisfy({ $0 < $1 })
        else { return nil }
        (self.buckets, self.counts) = (buckets, counts)
    }

    /// Adds a bucket above all others, with a count other than 0.
    mutating func append(_ bucket: Bucket, _ count: UInt64) {
        buckets.append(bucket)
        counts.append(count)
    }

    var isEmpty: Bool { buckets.isEmpty }

    var count: UInt64 { counts.reduce(0, Self.sum) }

    mutating func merge(_ other: BucketCounts) {
        if other.isEmpty { return }
        var merged = BucketCounts()
        merged.buckets.reserveCapacity(buckets.count + other.buckets.count)
        merged.counts.reserveCapacity(buckets.count + other.buckets.count)
        var (mine, theirs) = (0, 0)
        while mine < buckets.count || theirs < other.buckets.count {
            // No layout has a bucket of the highest number there is.
            let left = mine < buckets.count ? buckets[mine] : .max
            let right = theirs < other.buckets.count ? other.buckets[theirs] : .max
            merged.append(
                min(left, right),
                Self.sum(left <= right ? counts[mine] : 0, right <= left ? other.counts[theirs] : 0))
            if left <= right { mine += 1 }
            if right <= left { theirs += 1 }
        }
        self = merged
    }

    /// The smallest bucket whose cumulative count is at least ⌈`p` · `count`⌉.
    func bucket(ofPercentile p: Double) -> Bucket? {
        guard (0...1).contains(p), !isEmpty else { return nil }
        let total = count
        // Beyond 2^53 the product may be rounded past what a UInt64 holds.
        let rank = UInt64(exactly: (p * Double(total)).rounded(.up)) ?? total
        var cumulative: UInt64 = 0
        for (bucket, count) in zip(buckets, counts) {
            cumulative = Self.sum(cumulative, count)
            if cumulative >= min(rank, total) { return bucket }
        }
        return nil
    }

    private static func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (sum, overflows) = left.addingReportingOverflow(right)
        return overflows ? .max : sum
    }
}
