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
            + jobs.compactMap(finding)
        guard findings.isEmpty, !jobs.isEmpty else { return findings }
        return [Finding(.ok, "jobs", "\(jobs.count) jobs, none failed when it last ran")]
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
        guard let number = job.job else { return "put that right; the collector tries again by itself" }
        // PostgreSQL 15.20 refuses how TimescaleDB up to 2.29.2 runs each of its jobs.
        if error.contains("cannot drop portal") {
            return """
                this TimescaleDB's jobs do not run under this minor release of PostgreSQL: update TimescaleDB to a \
                release made for it, or go back to the minor release before; until then CALL run_job(\(number)), and \
                so for each, does the work
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
                remedy: job.job == nil
                    ? "a collector must be running: hyperstep-collector serve"
                    : "see timescaledb.max_background_workers, and whether the server's log names its scheduler"
            )
        }
        return nil
    }
}
