/// The fixed layout of histograms of any numbers: log-linear buckets of both signs whose bounds depend on the
/// bucket's number alone, so that histograms of several processes, intervals and programs add up.
///
/// Buckets ascend with the numbers that they count. Bucket 0 counts zero and what is nearer to it than 2^-64.
/// Buckets 1 to 8,192 count positive numbers: each power of two from 2^-64 to 2^63 is cut into 64 equal buckets, so
/// that a bucket's midpoint is within 1/128 of every number that it counts. Larger numbers count in the last
/// one. Buckets -1 to -8,192 do the same for negative numbers.
///
///     let bucket = ValueBuckets.bucket(of: 0.93)  // Optional(4088)
///     ValueBuckets.midpoint(4_088)                // 0.93359375
public enum ValueBuckets {
    /// The highest bucket, and without its sign the lowest: 8,192, which are 64 for each of 128 powers of two.
    @inlinable public static var highest: Int16 { 128 * 64 }

    /// Sign, exponent and the six leading bits after it are a double's upper 18: in this layout, its bucket.
    @usableFromInline static let shift: UInt64 = 46
    /// Those of 2^-64.
    @usableFromInline static let first: UInt64 = (1_023 - 64) << 6

    /// The bucket that counts a number; nil for a NaN or an infinity, which have none.
    @inlinable
    public static func bucket(of value: Double) -> Int16? {
        guard value.isFinite else { return nil }
        let leading = value.magnitude.bitPattern &>> shift
        guard leading >= first else { return 0 }
        let bucket = Int16(truncatingIfNeeded: min(leading &- first, UInt64(highest) &- 1) &+ 1)
        return value < 0 ? -bucket : bucket
    }

    /// What stands for every number that a bucket counted.
    ///
    /// - Parameter bucket: `-highest` to `highest`.
    public static func midpoint(_ bucket: Int16) -> Double {
        number(bucket, half: 1 << (shift - 1))
    }

    /// The number of the bucket that is nearest to zero.
    ///
    /// - Parameter bucket: `-highest` to `highest`.
    public static func innerBound(_ bucket: Int16) -> Double { number(bucket, half: 0) }

    private static func number(_ bucket: Int16, half: UInt64) -> Double {
        precondition((-highest...highest).contains(bucket), "no such bucket")
        if bucket == 0 { return 0 }
        let magnitude = Double(bitPattern: (UInt64(bucket.magnitude) - 1 + first) << shift | half)
        return bucket < 0 ? -magnitude : magnitude
    }
}
