/// Whether jobs and the collector's own tasks run, and succeed.
struct JobsCheck: Sendable {
    var jobs: [JobStatus]
    /// Seconds since 1970.
    var now: Double

    /// How long after its time a task may start, besides as long as it takes from one run to the next.
    static let slack = 3_600.0

    var findings: [Finding] {
        let (ours, others) = (jobs.filter { $0.relation != nil }, jobs.filter { $0.relation == nil })
        let findings =
            JobFailures.among(ours).map { failed($0, .error) }
            + JobFailures.among(others).map { failed($0, .warning) }
            + taken + jobs.compactMap(finding)
        guard findings.isEmpty, !jobs.isEmpty else { return findings }
        return [Finding(.ok, "jobs", "\(jobs.count) jobs, none failed when it last ran")]
    }

    /// What a collector does because the database's scheduler does not: it is done, but not as it should be.
    private var taken: [Finding] {
        let taken = jobs.filter { $0.job != nil && $0.runBy == .collector }
        guard !taken.isEmpty else { return [] }
        // Those of one cause are one finding.
        let byCause = Dictionary(grouping: taken) { job in
            // A job for which no worker was free was not started either.
            job.schedulerError.flatMap { JobWatch.isWithoutWorker($0) ? nil : $0 }
        }
        return byCause.sorted { ($0.key ?? "") < ($1.key ?? "") }.map { error, jobs in
            let group = JobFailures(error: "", jobs: jobs)
            return Finding(
                .warning, "jobs",
                """
                the database's scheduler does not do the work of \(group.title), a collector does: \
                \(error ?? "they are not started")
                """,
                remedy: error == nil
                    ? """
                    keep a collector running, and see timescaledb.max_background_workers, max_worker_processes, and \
                    whether the server's log names TimescaleDB's scheduler
                    """
                    : "keep a collector running, and update TimescaleDB to a release made for this PostgreSQL"
            )
        }
    }

    private func failed(_ failures: JobFailures, _ level: Finding.Level) -> Finding {
        let job = failures.jobs[0]
        let how =
            failures.jobs.count > 1
            ? "failed when they last ran" : "failed when it last ran, \(job.failures) of \(job.runs) times"
        return Finding(
            level, "jobs", "\(failures.title) \(how): \(failures.error)",
            remedy: Self.remedy(failures.error, job))
    }

    private static func remedy(_ error: String, _ job: JobStatus) -> String {
        guard job.runBy == .database, let number = job.job else {
            return "put that right; the collector tries again by itself"
        }
        // PostgreSQL 15.20 refuses how TimescaleDB up to 2.29.2 runs each of its jobs.
        if JobWatch.isRefusal(error) {
            return """
                this TimescaleDB's jobs do not run under this minor release of PostgreSQL: run hyperstep-collector serve, \
                which does their work, and update TimescaleDB to a release made for it, or go back to the minor \
                release before; CALL run_job(\(number)), and so for each, does the work once
                """
        }
        if JobWatch.isWithoutWorker(job.lastError ?? "") {
            return """
                set max_worker_processes to timescaledb.max_background_workers plus max_parallel_workers plus 3 at least, \
                and restart the server; hyperstep-collector serve does such work when it is ten minutes late
                """
        }
        return "put that right, then try it with CALL run_job(\(number))"
    }

    private func finding(_ job: JobStatus) -> Finding? {
        guard job.didSucceed != false else { return nil }
        if !job.isScheduled {
            return Finding(
                .warning, "jobs", "\(job.title) is paused",
                remedy: job.job.map { "run SELECT alter_job(\($0), scheduled => true), or policies apply" })
        }
        if let next = job.next, next.isFinite, next + (job.every ?? 0) + Self.slack < now {
            return Finding(
                .warning, "jobs", "\(job.title) should have run \(Quantity.seconds(now - next)) ago",
                remedy: job.runBy == .collector
                    ? "a collector must be running: hyperstep-collector serve"
                    : """
                    run hyperstep-collector serve, which does its work until the scheduler does; see \
                    timescaledb.max_background_workers, and whether the server's log names its scheduler
                    """
            )
        }
        return nil
    }
}
