/// Whether the server has workers enough for TimescaleDB's jobs.
struct BackgroundWorkersCheck: Sendable {
    /// `timescaledb.max_background_workers`; nil where the library is not loaded.
    var timescaleWorkers: Int?
    /// `max_worker_processes`.
    var processes: Int
    /// `max_parallel_workers`.
    var parallel: Int
    /// Databases of the server, each of which may have a scheduler.
    var databases: Int
    /// Jobs of this database that are scheduled.
    var jobs: Int

    /// Jobs that a database should be able to run at once.
    static let atOnce = 4

    var findings: [Finding] {
        guard let workers = timescaleWorkers else { return [] }
        var findings: [Finding] = []
        let wanted = databases + min(jobs, Self.atOnce)
        if workers < wanted {
            findings.append(
                Finding(
                    .warning, "background-workers",
                    """
                    timescaledb.max_background_workers is \(workers) for \(databases) databases and \(jobs) jobs: \
                    jobs wait for each other, or never start
                    """,
                    remedy: "set it to at least \(wanted) and restart the server"))
        }
        // The launcher of TimescaleDB and that of logical replication, and one to spare.
        let all = workers + parallel + 3
        if processes < all {
            findings.append(
                Finding(
                    .warning, "background-workers",
                    "max_worker_processes is \(processes), too few for \(workers) workers of TimescaleDB and \(parallel) parallel ones",
                    remedy: "set it to at least \(all) and restart the server"))
        }
        return findings.isEmpty
            ? [Finding(.ok, "background-workers", "\(workers) for \(databases) databases and \(jobs) jobs")]
            : findings
    }
}
