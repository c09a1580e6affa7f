extension Duration {
    /// Whole nanoseconds, from 0 to `UInt64.max`, which stand for everything below and for 78 minutes and more.
    ///
    /// Without the division of 128 bits that `components` does, which takes as long as all else in a call that
    /// records a latency: 10^9 is 2^9 · 5^9, and what 64 bits cannot hold after the shift is longer than any
    /// bucket counts.
    @inline(__always)
    var nanosecondsForBuckets: UInt64 {
        guard attoseconds >= 0 else { return 0 }
        guard attoseconds < 1 << 72 else { return .max }
        return UInt64(truncatingIfNeeded: attoseconds >> 9) / 1_953_125
    }
}
