/// Whether jobs and the collector's own tasks run, and succeed.
struct JobsCheck: Sendable {
    var jobs: [JobStatus]
    /// Seconds since 1970.
    var now: Double

    /// How long after its time a task may start, besides as long as it takes from one run to the next.
    static let slack = 3_600.0

    var findings: [Finding] {
        let findings = jobs.compactMap(finding)
        guard findings.isEmpty, !jobs.isEmpty else { return findings }
        return [Finding(.ok, "jobs", "\(jobs.count) jobs, none failed when it last ran")]
    }

    private func finding(_ job: JobStatus) -> Finding? {
        if job.didSucceed == false {
            return Finding(
                job.relation == nil ? .warning : .error, "jobs",
                "\(job.title) failed when it last ran, \(job.failures) of \(job.runs) times: \(job.lastError ?? "see the server's log")",
                remedy: job.job.map { "put that right, then try it with CALL run_job(\($0))" }
                    ?? "put that right; the collector tries again by itself")
        }
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
