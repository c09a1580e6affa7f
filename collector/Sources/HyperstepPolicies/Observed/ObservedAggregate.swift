/// What a database has of one aggregate.
public struct ObservedAggregate: Sendable, Equatable {
    /// Who keeps it.
    public var kind: AggregateKind
    /// The width of its buckets.
    public var bucket: PolicyDuration
    /// Whether a query sees what is not computed yet.
    public var isRealTime: Bool
    /// Jobs that compute changed buckets; none in the Apache edition, where the collector does so.
    public var refreshJobs: [ObservedJob]
    /// Jobs that bring its chunks to the columnstore.
    public var compressionJobs: [ObservedJob]
    /// Jobs that drop its chunks.
    public var retentionJobs: [ObservedJob]
    /// What the declared retention would drop now, counted by ``ObservedDatabase/measure(_:for:)`` alone.
    public var loss: DataLoss?
    /// What making it anew would lose, counted by ``ObservedDatabase/measure(_:for:)`` alone.
    public var recreationLoss: DataLoss?

    /// All of it.
    public init(
        kind: AggregateKind, bucket: PolicyDuration, isRealTime: Bool = true,
        refreshJobs: [ObservedJob] = [], compressionJobs: [ObservedJob] = [],
        retentionJobs: [ObservedJob] = [], loss: DataLoss? = nil, recreationLoss: DataLoss? = nil
    ) {
        self.kind = kind
        self.bucket = bucket
        self.isRealTime = isRealTime
        self.refreshJobs = refreshJobs
        self.compressionJobs = compressionJobs
        self.retentionJobs = retentionJobs
        self.loss = loss
        self.recreationLoss = recreationLoss
    }

    /// Age at which its chunks go to the columnstore, by the jobs that run.
    public var compressAfter: PolicyDuration? { compressionJobs.soonest }
    /// Age at which its chunks are dropped, by the jobs that run.
    public var retention: PolicyDuration? { retentionJobs.soonest }
}
