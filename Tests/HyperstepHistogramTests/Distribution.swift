import TestRandom

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Shapes that latencies have, within 1 µs to 1 hour.
enum Distribution: CaseIterable {
    case uniform, exponential, lognormal, bimodal, constant

    /// Durations in nanoseconds.
    func samples(_ count: Int, _ generator: inout Seeded) -> [UInt64] {
        let scale = 1_000 * pow(10, Double.random(in: 0...8, using: &generator))
        return (0..<count).map { _ in
            let value = draw(&generator) * scale
            return UInt64(min(max(value, 1_000), 3.6e12))
        }
    }

    private func draw(_ generator: inout Seeded) -> Double {
        switch self {
        case .uniform: return .random(in: 0...10, using: &generator)
        case .exponential: return -log(.random(in: Double.leastNonzeroMagnitude...1, using: &generator))
        case .lognormal: return exp(1.5 * Self.normal(&generator))
        case .bimodal:
            let isSlow = Int.random(in: 0..<10, using: &generator) == 0
            return (isSlow ? 200 : 1) * exp(0.1 * Self.normal(&generator))
        case .constant: return 3.3
        }
    }

    /// Box and Muller's transform.
    private static func normal(_ generator: inout Seeded) -> Double {
        let radius = -2 * log(Double.random(in: Double.leastNonzeroMagnitude...1, using: &generator))
        return radius.squareRoot() * cos(2 * .pi * .random(in: 0..<1, using: &generator))
    }
}
