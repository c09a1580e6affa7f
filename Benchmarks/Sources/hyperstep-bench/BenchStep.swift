/// What the benchmarks of ingest record: numbers as training has them, a trend with noise in every bit, since the
/// columnstore makes little of 0 and 1. The same step gives the same numbers.
enum BenchStep {
    static func value(_ step: Int, _ column: Int) -> Double {
        if column == 5 { return 0.001 * (step / 1_000 % 2 == 0 ? 1 : 0.5) }  // a learning rate, in stages
        var bits = UInt64(truncatingIfNeeded: step &* 8 &+ column) &* 0x9e37_79b9_7f4a_7c15
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        let noise = Double(bits >> 11) * 0x1p-53
        // Six decimals, as most frameworks' 32 bits have.
        return ((2 / (1 + Double(step) / 10_000) + 0.1 * noise) * 1e6).rounded() / 1e6
    }
}
