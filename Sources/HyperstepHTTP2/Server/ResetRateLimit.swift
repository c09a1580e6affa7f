/// A token bucket against clients that open streams and reset them at once, so that the server works and they
/// do not ("rapid reset", CVE-2023-44487). Newer releases of libnghttp2 have one of their own; this one holds
/// with all of them.
struct ResetRateLimit {
    static let burst = 1000
    static let perSecond = 33

    private var tokens = Double(burst)

    /// Counts one reset; false when there have been too many.
    mutating func take() -> Bool {
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }

    mutating func refill(seconds: Double) {
        tokens = min(Double(Self.burst), tokens + seconds * Double(Self.perSecond))
    }
}
