#if canImport(Glibc)
    package import Glibc
#elseif canImport(Musl)
    package import Musl
#elseif canImport(Darwin)
    package import Darwin
#endif

/// Readings of the system's clocks: no system call on Linux and macOS.
///
/// In a target of its own, since the compiler takes `timespec` for a part of whichever module it loaded first that has
/// it: beside others, as Dispatch, its members were missing.
package enum SystemClock {
    /// Nanoseconds of a clock that nobody sets: they mean something only as a difference.
    @inlinable @inline(__always)
    package static var monotonic: Int64 { nanoseconds(CLOCK_MONOTONIC) }

    /// Nanoseconds since 1970.
    @inlinable @inline(__always)
    package static var wall: Int64 { nanoseconds(CLOCK_REALTIME) }

    @inlinable @inline(__always)
    package static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
