/// What is declared of one aggregate.
public struct AggregatePolicy: Sendable, Equatable {
    /// The width of its buckets; a multiple of one minute.
    public var bucket: PolicyDuration
    /// How far back changed rows are taken into the aggregate; nil is without limit, which needs rows that are
    /// kept for ever.
    public var refreshStart: PolicyDuration?
    /// How old a bucket is before it is computed; younger ones are computed when asked for if `isRealTime`.
    public var refreshEnd: PolicyDuration
    /// How often changed buckets are computed.
    public var refreshEvery: PolicyDuration
    /// Whether a query sees what is not computed yet.
    public var isRealTime: Bool
    /// Age at which its own chunks go to the columnstore; nil is never. Community edition only.
    public var compressAfter: PolicyDuration?
    /// Age at which its own chunks are dropped; nil is never.
    public var retention: PolicyDuration?

    /// All of it.
    public init(
        bucket: PolicyDuration, refreshStart: PolicyDuration?, refreshEnd: PolicyDuration,
        refreshEvery: PolicyDuration, isRealTime: Bool = true, compressAfter: PolicyDuration? = nil,
        retention: PolicyDuration? = nil
    ) {
        self.bucket = bucket
        self.refreshStart = refreshStart
        self.refreshEnd = refreshEnd
        self.refreshEvery = refreshEvery
        self.isRealTime = isRealTime
        self.compressAfter = compressAfter
        self.retention = retention
    }
}
