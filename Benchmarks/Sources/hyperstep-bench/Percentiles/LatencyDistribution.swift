#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A way in which latencies spread, seeded: the same instance of it has the same latencies in every process.
struct LatencyDistribution: Sendable {
    let name: String
    /// Nanoseconds, of two numbers that are uniform in 0 ..< 1.
    private let make: @Sendable (Double, Double) -> Double

    static let all = [
        LatencyDistribution(name: "uniform") { a, _ in 1e6 + a * 1e9 },
        LatencyDistribution(name: "exponential") { a, _ in -20e6 * log(1 - a) },
        LatencyDistribution(name: "lognormal") { a, b in
            30e6 * exp((-2 * log(1 - a)).squareRoot() * cos(2 * .pi * b))
        },
        LatencyDistribution(name: "two_peaks") { a, b in b < 0.9 ? 2e6 + a * 1e6 : 800e6 + a * 100e6 },
        // Pareto: its mean is infinite. At most an hour, which is what histograms are made for.
        LatencyDistribution(name: "heavy_tail") { a, _ in min(1e6 * pow(1 - a, -1.2), 3_600e9) },
    ]

    /// The latencies of one process, in nanoseconds.
    func latencies(_ count: Int, instance: Int) -> [Int64] {
        var random = SplitMix(
            state: UInt64(instance) &* 1_000_003 &+ UInt64(name.utf8.reduce(0) { $0 * 31 + Int($1) }))
        return (0..<count).map { _ in Int64(make(random.uniform(), random.uniform())) }
    }
}

private struct SplitMix {
    var state: UInt64

    /// In 0 ..< 1.
    mutating func uniform() -> Double {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return Double((bits ^ (bits >> 31)) >> 11) * 0x1p-53
    }
}
