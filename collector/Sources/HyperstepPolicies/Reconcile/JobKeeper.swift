import HyperstepPostgres
import Logging

/// Takes over the jobs whose work TimescaleDB's scheduler does not do, gives them back when it does, and logs both.
struct JobKeeper {
    /// Time between two looks at the jobs.
    static let every = Duration.seconds(30)

    private let logger: Logger
    private var watch: JobWatch
    private var isTaken = false
    private var spells = OncePerSpell()

    init(patience: JobWatch.Patience, logger: Logger) {
        watch = JobWatch(patience: patience)
        self.logger = logger
    }

    /// What is to be done here now: nothing while the scheduler does all.
    ///
    /// - Parameter mayRefresh: whether the role may refresh aggregates.
    mutating func tasks(
        _ connection: PostgresConnection, _ declared: PolicySet, mayRefresh: Bool
    ) throws(PostgresError) -> [MaintenanceTask] {
        defer { spells.endRound() }
        let jobs = try PolicyJob.all(connection)
        watch.look(jobs)
        let taken = jobs.filter { watch.causes[$0.id] != nil }
        say(taken)
        let left = taken.filter { $0.kind == .refresh && !mayRefresh && watch.causes[$0.id] == .notStarted }
        if let first = left.first, spells.isNews("left") {
            logger.warning(
                "aggregates are not refreshed: neither the database's scheduler nor this role does it",
                metadata: [
                    "jobs": "\(left.count)", "first": "\(first.task)",
                    "reason": """
                    TimescaleDB lets only the owner refresh an aggregate: put the scheduler right, or give \
                    policies.database.url a login that is a member of the schema's owner
                    """,
                ])
        }
        // What the scheduler is doing at this moment is left to it.
        let running = Set(jobs.filter(\.isRunning).map(\.task))
        return MaintenanceTask.of(jobs, watch.causes, declared, mayRefresh: mayRefresh).map { task in
            var task = task
            task.isHeld = running.contains(task.name)
            return task
        }
    }

    private mutating func say(_ taken: [PolicyJob]) {
        if let first = taken.first, !isTaken, let cause = watch.causes[first.id] {
            logger.warning(
                "the database's scheduler does not do the work of Hyperstep's jobs: this collector does it",
                metadata: ["jobs": "\(taken.count)", "first": "\(first.task)", "reason": "\(cause.words)"])
        } else if taken.isEmpty, isTaken {
            logger.notice("the database's scheduler does the work of Hyperstep's jobs again")
        }
        isTaken = !taken.isEmpty
    }
}
