#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Readings of the system's clocks: no system call on Linux and macOS.
enum SystemClock {
    /// Nanoseconds of a clock that nobody sets: they mean something only as a difference.
    @inline(__always)
    static var monotonic: Int64 { nanoseconds(CLOCK_MONOTONIC) }

    /// Nanoseconds since 1970.
    @inline(__always)
    static var wall: Int64 { nanoseconds(CLOCK_REALTIME) }

    @inline(__always)
    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
