import CBenchSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The ways of telling the time.
enum Timer {
    /// Nanoseconds since some start, from the system's clock.
    static func nanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    /// Nanoseconds that the calling thread has had a processor.
    static func processorNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    /// The wall clock as a step's time: what a recording call pays for its time stamp.
    @inline(__always)
    static func wallNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

    /// Ticks a nanosecond, measured against the clock for a tenth of a second.
    static let ticksPerNanosecond: Double = {
        let start = (nanoseconds(), bench_ticks())
        while nanoseconds() - start.0 < 100_000_000 {}
        let end = (nanoseconds(), bench_ticks())
        return Double(end.1 - start.1) / Double(end.0 - start.0)
    }()

    /// The median number of ticks between two readings with nothing between them.
    static let ownTicks: UInt64 = {
        var samples = (0..<100_001).map { _ in
            let start = bench_ticks()
            return bench_ticks() &- start
        }
        samples.sort()
        return samples[samples.count / 2]
    }()
}
