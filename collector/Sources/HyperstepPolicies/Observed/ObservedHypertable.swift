/// What a database has of one hypertable.
public struct ObservedHypertable: Sendable, Equatable {
    /// The span of chunks made from now on.
    public var chunkInterval: PolicyDuration
    /// Nil where the columnstore is off, as it always is in the Apache edition.
    public var columnstore: ColumnstoreSettings?
    /// Jobs that bring chunks to the columnstore; one, or none, unless somebody made more.
    public var compressionJobs: [ObservedJob]
    /// Jobs that drop chunks.
    public var retentionJobs: [ObservedJob]
    /// What `chunk_interval: auto` comes to; nil leaves the interval as it is.
    public var advisedChunkInterval: PolicyDuration?
    /// Chunks in the columnstore, counted by ``ObservedDatabase/measure(_:for:)`` alone.
    public var compressedChunks: Int?
    /// What the declared retention would drop now, counted by ``ObservedDatabase/measure(_:for:)`` alone.
    public var loss: DataLoss?

    /// All of it; without arguments, a hypertable as a migration makes it.
    public init(
        chunkInterval: PolicyDuration, columnstore: ColumnstoreSettings? = nil,
        compressionJobs: [ObservedJob] = [], retentionJobs: [ObservedJob] = [],
        advisedChunkInterval: PolicyDuration? = nil, compressedChunks: Int? = nil, loss: DataLoss? = nil
    ) {
        self.chunkInterval = chunkInterval
        self.columnstore = columnstore
        self.compressionJobs = compressionJobs
        self.retentionJobs = retentionJobs
        self.advisedChunkInterval = advisedChunkInterval
        self.compressedChunks = compressedChunks
        self.loss = loss
    }

    /// Age at which chunks go to the columnstore, by the jobs that run.
    public var compressAfter: PolicyDuration? { compressionJobs.soonest }
    /// Age at which chunks are dropped, by the jobs that run.
    public var retention: PolicyDuration? { retentionJobs.soonest }
}

extension [ObservedJob] {
    /// The age at which the first of those that run acts.
    var soonest: PolicyDuration? { filter(\.isScheduled).compactMap(\.after).min() }
}
