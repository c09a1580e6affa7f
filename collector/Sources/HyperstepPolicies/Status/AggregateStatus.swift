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

extension AggregateKind {
    /// `continuous` or `kept`.
    var word: String {
        switch self {
        case .continuous: "continuous"
        case .kept: "kept"
        }
    }
}
