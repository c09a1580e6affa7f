#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// SplitMix64: the same rows for the same seed.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// Rows of all tables, few keys and steps, so that many meet; with all that is not ordinary.
struct RandomRows {
    var random: Seeded
    /// 2026-03-01T00:00Z.
    static let start: Int64 = 825_638_400_000_000
    static let hour: Int64 = 3_600_000_000

    init(seed: UInt64) { random = Seeded(seed) }

    static func uuid(_ number: Int) -> UUID {
        UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, UInt8(number)))
    }

    mutating func batch(_ count: Int, from start: Int64 = start, hours: Int64 = 12, late: Bool = true)
        -> [any TestRow]
    {
        (0..<count).map { _ in
            var time = start + Int64.random(in: 0..<hours * 600, using: &random) * 6_000_000
            if Bool.random(using: &random) { time += Int64.random(in: 0..<6_000_000, using: &random) }
            if late, Int.random(in: 0..<10, using: &random) == 0 { time -= 240 * Self.hour }
            return row(time)
        }
    }

    private mutating func row(_ time: Int64) -> any TestRow {
        let attempt = Int16.random(in: 0...1, using: &random)
        let step = Int64.random(in: 0..<40, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0...2:
            return TrainingRow(
                time: time, model: id(2), run: id(3), loss: value(), accuracy: value(), learningRate: value(),
                gradientNorm: value(), stepTime: value(), step: step, attempt: attempt,
                rank: Int16.random(in: 0...3, using: &random))
        case 3:
            return MetricRow(
                time: time, run: id(3), metric: Int32.random(in: 1...3, using: &random), step: step,
                value: value() ?? .nan, attempt: attempt)
        case 4:
            return PerformanceRow(
                time: time, model: id(2), endpoint: endpoint(), requests: count() ?? 0, errors: count() ?? 0,
                latency90: value(), latency99: value(), throughput: value(), cpu: value(), memory: value(),
                gpu: value(), inputTokens: count(), outputTokens: count())
        default:
            return HistogramRow(
                time: time, model: id(2), endpoint: endpoint(), instance: id(3),
                kind: Int16.random(in: 1...4, using: &random),
                bucket: [0, 1, 700, 2111].randomElement(using: &random) ?? 0, count: count() ?? 1)
        }
    }

    private mutating func id(_ count: Int) -> UUID { Self.uuid(Int.random(in: 1...count, using: &random)) }
    private mutating func endpoint() -> String {
        ["chat", "it's \"odd\""].randomElement(using: &random) ?? ""
    }

    private mutating func count() -> Int64? {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: .max
        case 1...4: nil
        default: Int64.random(in: 0..<1000, using: &random)
        }
    }

    private mutating func value() -> Double? {
        switch Int.random(in: 0..<16, using: &random) {
        case 0: .nan
        case 1: .infinity
        case 2: -.infinity
        case 3: 1e300
        case 4: -1e300
        case 5: 5e99
        case 6, 7: nil
        case 8: 0.5  // equal values
        default: Double.random(in: 0.001..<10, using: &random)
        }
    }
}
