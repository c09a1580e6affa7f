/// Who does the work of a task.
public enum JobRunner: String, Sendable {
    /// TimescaleDB's scheduler.
    case database
    /// `hyperstep-collector serve`.
    case collector
}

/// A task that keeps policies: one of TimescaleDB's jobs, or what the collector does where there are no jobs.
public struct JobStatus: Sendable, Equatable {
    /// `compression`, `retention`, `refresh`, or what somebody else's job is called.
    public var task: String
    /// The hypertable or aggregate it works on; nil for other people's jobs.
    public var relation: String?
    /// Its number in `timescaledb_information.jobs`; nil for a task of the collector.
    public var job: Int32?
    /// Who did its work last. Times, errors and counts are of that one's runs.
    public var runBy: JobRunner
    /// What TimescaleDB's scheduler said of its newest run, where the collector does the work of a job instead; nil where
    /// it said nothing.
    public var schedulerError: String?
    /// Whether it runs at all.
    public var isScheduled = true
    /// Seconds from one run to the next.
    public var every: Double?
    /// Seconds since 1970; nil if it never ran.
    public var lastStart: Double?
    /// Seconds since 1970; nil if it never succeeded.
    public var lastSuccess: Double?
    /// Whether the newest run succeeded; nil if none has ended.
    public var didSucceed: Bool?
    /// What the newest failure said, where the role may see it.
    public var lastError: String?
    /// Seconds since 1970.
    public var next: Double?
    /// Since it was made.
    public var runs: Int64 = 0
    /// Since it was made.
    public var failures: Int64 = 0

    /// A task that never ran.
    public init(task: String, relation: String? = nil, job: Int32? = nil) {
        self.task = task
        self.relation = relation
        self.job = job
        runBy = job == nil ? .collector : .database
    }

    /// The same job, whose work the collector does: `task` says how it fares.
    func taken(over task: JobStatus) -> JobStatus {
        var job = task
        job.job = self.job
        job.isScheduled = isScheduled
        job.every = every
        job.schedulerError = didSucceed == false ? lastError : nil
        return job
    }

    /// For a person: `compression of training_metrics (job 1000)`.
    var title: String {
        (relation.map { "\(task) of \($0)" } ?? task) + (job.map { " (job \($0))" } ?? "")
    }
}
