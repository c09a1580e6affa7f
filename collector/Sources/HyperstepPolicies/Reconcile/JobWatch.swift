/// Finds the jobs whose work TimescaleDB's scheduler does not do: it does not start them, or PostgreSQL refuses how it
/// runs each of its jobs. A job that fails for a reason of its own is not among them: nobody else would fare better.
struct JobWatch {
    /// Why the scheduler does not do the work of a job.
    enum Cause: Equatable {
        /// It was to be started long ago: no workers are free, or there are none, or the scheduler is stopped.
        case notStarted
        /// Each run ends in this error of the scheduler's own.
        case refused(String)

        /// For a person.
        var words: String {
            switch self {
            case .notStarted:
                """
                they are not started: see timescaledb.max_background_workers, max_worker_processes, and whether \
                TimescaleDB's scheduler runs
                """
            case .refused(let error):
                "each run ends in: \(error). Update TimescaleDB to a release made for this PostgreSQL"
            }
        }
    }

    /// How long after its time a job may start before it counts as not started: as long as it takes from one run to the
    /// next, within these bounds.
    struct Patience: Sendable {
        var shortest: Duration = .seconds(120)
        var longest: Duration = .seconds(600)

        func allows(_ job: PolicyJob) -> Duration { min(max(.seconds(job.every), shortest), longest) }
    }

    private let patience: Patience
    /// Jobs that the scheduler has said nothing of, and since when that is known.
    private var unheard: [Int32: ContinuousClock.Instant] = [:]
    private(set) var causes: [Int32: Cause] = [:]

    init(patience: Patience) { self.patience = patience }

    /// PostgreSQL 15.20 and 17.12, and TimescaleDB up to 2.29.2: the work is done, and the run ends in this.
    static func isRefusal(_ error: String) -> Bool { error.contains("cannot drop portal") }

    /// What TimescaleDB records of a job for which PostgreSQL had no worker free. It tries again when the job's next run
    /// is due, which may be hours later.
    static func isWithoutWorker(_ error: String) -> Bool { error.hasPrefix("failed to start job") }

    /// An error without what it says of one job alone, so that jobs which fail alike can be grouped.
    static func shared(_ error: String) -> String {
        isWithoutWorker(error) ? "failed to start: no worker of PostgreSQL was free" : error
    }

    /// Takes in how all jobs stand now.
    mutating func look(_ jobs: [PolicyJob], now: ContinuousClock.Instant = .now) {
        unheard = unheard.filter { id, _ in jobs.contains { $0.id == id } }
        var found: [Int32: Cause] = [:]
        for job in jobs where job.isScheduled {
            // A run under way says nothing yet.
            found[job.id] = job.isRunning ? causes[job.id] : cause(job, now)
        }
        causes = found
    }

    private mutating func cause(_ job: PolicyJob, _ now: ContinuousClock.Instant) -> Cause? {
        let allowed = patience.allows(job)
        if job.didSucceed == false, let error = job.error {
            if Self.isRefusal(error) { return .refused(error) }
            if Self.isWithoutWorker(error), let since = job.sinceStart, .seconds(since) > allowed {
                return .notStarted
            }
        }
        if let late = job.late {
            unheard[job.id] = nil
            return .seconds(late) > allowed ? .notStarted : nil
        }
        // It never ran, or the server went down while it did.
        let since = unheard[job.id] ?? now
        unheard[job.id] = since
        return now - since > allowed ? .notStarted : nil
    }
}
