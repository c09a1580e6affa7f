/// Which chunk interval fits the rate at which rows come into a hypertable.
///
/// Chunks of 100 thousand to 1 million rows are small enough to be compressed and dropped at little cost, and
/// large enough for the columnstore. Nothing is advised while chunks hold that many, so that an interval, once
/// advised and set, stays.
public struct ChunkAdvice: Sendable, Equatable {
    /// What was found.
    public enum Verdict: Sendable, Equatable {
        /// Chunks hold what they should.
        case fits
        /// Another interval would fit.
        case change(to: PolicyDuration)
        /// The interval is as short, or as long, as one is ever advised.
        case atBound
        /// It cannot be told yet; the reason is for a person.
        case tooLittleData(String)
    }

    /// The interval of chunks made from now on.
    public var current: PolicyDuration
    /// What was found.
    public var verdict: Verdict
    /// Rows that a chunk of the current interval would get; nil while it cannot be told.
    public var rowsPerChunk: Double?

    /// All of it.
    public init(current: PolicyDuration, verdict: Verdict, rowsPerChunk: Double?) {
        self.current = current
        self.verdict = verdict
        self.rowsPerChunk = rowsPerChunk
    }

    /// The interval to set; nil leaves the current one.
    public var interval: PolicyDuration? {
        if case .change(let interval) = verdict { interval } else { nil }
    }

    /// Rows in a chunk that need no advice.
    public static let goodRows = 100_000.0...1_000_000.0
    /// Rows that an advised interval aims at.
    static let aim = 500_000.0
    /// Complete chunks with rows that are looked at, the newest ones.
    static let most = 12
    /// Complete chunks that a longer interval is advised from. One is enough for a shorter one: large chunks cost
    /// more than small ones.
    static let least = 3

    /// Judges by what chunks hold.
    ///
    /// - Parameters:
    ///   - loads: in any order; of those that are not complete only one that is too large already counts.
    ///   - now: seconds since 1970.
    init(current: PolicyDuration, loads: [ChunkLoad], now: Double) {
        let complete = loads.filter { $0.end <= now && $0.rows > 0 }.sorted { $0.end > $1.end }
            .prefix(Self.most)
        guard
            let rate = [Self.rate(of: complete), Self.rate(ofOverfull: loads, now)].compactMap(\.self).max()
        else {
            let reason = "no chunk is complete yet"
            self.init(current: current, verdict: .tooLittleData(reason), rowsPerChunk: nil)
            return
        }
        let expected = rate * Double(current.seconds)
        let history = now - (loads.map(\.start).min() ?? now)
        let verdict = Self.verdict(current, rate: rate, chunks: complete.count, history: history)
        self.init(current: current, verdict: verdict, rowsPerChunk: expected)
    }

    private static func verdict(
        _ current: PolicyDuration, rate: Double, chunks: Int, history: Double
    ) -> Verdict {
        let expected = rate * Double(current.seconds)
        if goodRows.contains(expected) { return .fits }
        let best = ChunkIntervalSteps.nearest(to: aim / rate)
        if expected > goodRows.upperBound { return best < current ? .change(to: best) : .atBound }
        guard best > current else { return .atBound }
        guard chunks >= least else {
            return .tooLittleData(
                "a longer interval is advised from \(least) complete chunks, there are \(chunks)")
        }
        // Who keeps, or has, fewer hours than a chunk would span has no use for so long a one yet.
        guard history >= Double(best.seconds) else {
            return .tooLittleData("\(best) would do, once there are rows of \(best)")
        }
        return .change(to: best)
    }

    /// Rows a second, the newer chunks weighing more; nil without chunks.
    private static func rate(of newestFirst: ArraySlice<ChunkLoad>) -> Double? {
        var (rows, seconds, weight) = (0.0, 0.0, 1.0)
        for load in newestFirst {
            rows += weight * load.rows
            seconds += weight * (load.end - load.start)
            weight *= 0.8
        }
        return seconds > 0 ? rows / seconds : nil
    }

    /// Rows a second of the chunk of now, if it holds too many before it is complete.
    private static func rate(ofOverfull loads: [ChunkLoad], _ now: Double) -> Double? {
        loads.filter { $0.start < now && now < $0.end && $0.rows > goodRows.upperBound }
            .map {
                $0.rows / max(now - $0.start, Double(HypertablePolicy.ChunkInterval.shortestAuto.seconds))
            }.max()
    }
}

extension ChunkAdvice: CustomStringConvertible {
    /// A sentence for a person.
    public var description: String {
        let rows = rowsPerChunk.map { Quantity.count($0) } ?? ""
        return switch verdict {
        case .fits: "chunks of \(current) hold about \(rows) rows, which is right"
        case .change(let interval):
            "chunks of \(current) hold about \(rows) rows: \(interval) would put 100 K to 1 M into each"
        case .atBound: "chunks of \(current) hold about \(rows) rows; no other interval is advised"
        case .tooLittleData(let reason): "too little data for advice: \(reason)"
        }
    }
}
