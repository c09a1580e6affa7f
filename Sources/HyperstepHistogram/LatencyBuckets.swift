/// The fixed layout of every latency histogram: 2,112 log-linear buckets whose bounds depend on the index
/// alone, so that histograms of several processes, intervals and programs add up.
///
/// Durations are nanoseconds. Each power of two from 2^9 to 2^41 is cut into 64 equal buckets. From 512 ns to
/// 2^42 ns (73 minutes) a bucket's midpoint is within 1/128 of every duration that it counts. What is shorter
/// counts in the first bucket, what is longer in the last.
///
///     let index = LatencyBuckets.index(nanoseconds: 1_500_000)
///     LatencyBuckets.lowerBound(index)  // 1_490_944
///     LatencyBuckets.upperBound(index)  // 1_507_328
public enum LatencyBuckets {
    /// How many buckets there are: 2,112, which are 64 for each of 33 powers of two.
    @inlinable public static var count: Int { 33 * 64 }

    /// The bucket that counts a duration: 0 to `count - 1`. It takes a few instructions and no branch.
    @inlinable
    public static func index(nanoseconds: UInt64) -> Int {
        let value = min(max(nanoseconds, 1 << 9), (1 << 42) &- 1)
        let exponent = 63 &- value.leadingZeroBitCount
        // The shifted value is 64 to 127: its leading bit stands for one power of two, which is taken off.
        return ((exponent &- 10) &<< 6) &+ Int(truncatingIfNeeded: value &>> UInt64(exponent &- 6))
    }

    /// The shortest duration that a bucket is made for, in nanoseconds.
    ///
    /// - Parameter index: 0 to `count - 1`.
    public static func lowerBound(_ index: Int) -> UInt64 {
        precondition((0..<count).contains(index), "no such bucket")
        return UInt64(64 + index % 64) << width(index)
    }

    /// The shortest duration beyond a bucket, in nanoseconds: the next one's lower bound.
    ///
    /// - Parameter index: 0 to `count - 1`.
    public static func upperBound(_ index: Int) -> UInt64 {
        lowerBound(index) + (1 << width(index))
    }

    /// What stands for every duration that a bucket counted, in nanoseconds.
    ///
    /// - Parameter index: 0 to `count - 1`.
    public static func midpoint(_ index: Int) -> UInt64 {
        lowerBound(index) + (1 << (width(index) - 1))
    }

    /// The binary logarithm of a bucket's width.
    private static func width(_ index: Int) -> UInt64 { UInt64(index / 64 + 3) }
}
