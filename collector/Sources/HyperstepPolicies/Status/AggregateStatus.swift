/// What a database holds of one aggregate.
public struct AggregateStatus: Sendable, Equatable {
    /// Which one.
    public var aggregate: Aggregate
    /// Who keeps it.
    public var kind: AggregateKind
    /// The width of its buckets.
    public var bucket: PolicyDuration
    /// Whether a query sees what is not computed yet.
    public var isRealTime: Bool
    /// How much there is.
    public var volume: ChunkVolume
    /// Seconds since 1970: the end of the newest computed bucket; nil if none is.
    public var computedUntil: Double?
    /// Seconds from ``computedUntil`` to the newest row, 0 if that is computed; nil if there are no rows.
    public var lag: Double?
    /// Notes of changed minutes that wait for the collector, counted up to ``mostWaiting``; nil for a continuous one.
    public var waiting: Int64?

    /// How far a real-time aggregate of TimescaleDB's is computed ahead of now, in seconds; nil where it is not.
    ///
    /// It computes from the rows only what is newer than ``computedUntil``: rows that come until then are shown when
    /// it is refreshed, and not before. An aggregate that the collector keeps shows them at once.
    public func ahead(of now: Double) -> Double? {
        guard kind == .continuous, isRealTime, let computedUntil, computedUntil > now else { return nil }
        return computedUntil - now
    }

    /// Where counting stops.
    public static let mostWaiting: Int64 = 100_000

    /// How far behind the rows an aggregate is.
    ///
    /// Rows in the future do not count: no refresh goes there.
    static func lag(span: RowSpan, computedUntil: Double?, now: Double) -> Double? {
        guard let oldest = span.oldest, let newest = span.newest else { return nil }
        return max(0, min(newest, now) - (computedUntil ?? min(oldest, now)))
    }
}

/// What there is to say of an aggregate that is computed ahead of now.
struct AheadNote {
    let found: String
    let remedy: String

    /// Nil where it is not ahead.
    init?(_ status: AggregateStatus, now: Double) {
        guard let ahead = status.ahead(of: now), let until = status.computedUntil else { return nil }
        let name = status.aggregate.name
        found = """
            \(name) is computed until \(JSONText.timestamp(until)), \(Quantity.seconds(ahead)) ahead of now: rows that \
            come until then are not shown before it is refreshed
            """
        remedy = """
            run hyperstep-collector policies refresh \(name), which brings in what has come, and again as often as you \
            need it until then; if rows of a wrong date are the cause, remove what was computed of them by SELECT \
            drop_chunks('\(name)', newer_than => now())
            """
    }
}

extension AggregateKind {
    /// `continuous` or `kept`.
    var word: String {
        switch self {
        case .continuous: "continuous"
        case .kept: "kept"
        }
    }
}
