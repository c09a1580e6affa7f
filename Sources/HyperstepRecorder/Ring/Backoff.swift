#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Sleeps that double from a microsecond to a millisecond.
struct Backoff {
    private var nanoseconds = 1_000

    mutating func wait() {
        var time = timespec(tv_sec: 0, tv_nsec: nanoseconds)
        nanosleep(&time, nil)
        nanoseconds = min(nanoseconds * 2, 1_000_000)
    }
}
