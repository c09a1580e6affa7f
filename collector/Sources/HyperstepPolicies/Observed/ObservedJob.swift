/// One of TimescaleDB's background jobs that keeps a policy.
public struct ObservedJob: Sendable, Equatable {
    /// Its number in `timescaledb_information.jobs`.
    public var id: Int32
    /// Whether it runs at all.
    public var isScheduled: Bool
    /// Whether it belongs to the owner of its table: another's has not the right to do its work.
    public var isOwners: Bool
    /// How often it runs.
    public var every: PolicyDuration?
    /// The age at which it compresses or drops; nil for a refresh, and for a job set up in a way that Hyperstep
    /// does not use.
    public var after: PolicyDuration?
    /// How far back a refresh goes; nil is without limit.
    public var refreshStart: PolicyDuration?
    /// How old a bucket is before a refresh computes it.
    public var refreshEnd: PolicyDuration?

    /// All of it.
    public init(
        id: Int32, isScheduled: Bool = true, isOwners: Bool = true, every: PolicyDuration? = nil,
        after: PolicyDuration? = nil,
        refreshStart: PolicyDuration? = nil, refreshEnd: PolicyDuration? = nil
    ) {
        self.id = id
        self.isScheduled = isScheduled
        self.isOwners = isOwners
        self.every = every
        self.after = after
        self.refreshStart = refreshStart
        self.refreshEnd = refreshEnd
    }
}
