import HyperstepPostgres

// The work of TimescaleDB's jobs, done in steps of which each is a transaction: what the database's own job would do.
extension MaintenanceTask {
    /// How long a task works before others have their turn; it goes on in the next round.
    static let turn = Duration.seconds(60)

    /// The work of jobs that the scheduler does not do, in the order in which it is done: what rows are summed up to is
    /// brought up to date before they are dropped.
    ///
    /// - Parameters:
    ///   - jobs: all of Hyperstep's.
    ///   - causes: why the scheduler does not do a job's work; nothing is done of others.
    ///   - mayRefresh: whether the role may refresh aggregates, which TimescaleDB leaves to their owner.
    static func of(
        _ jobs: [PolicyJob], _ causes: [Int32: JobWatch.Cause], _ declared: PolicySet, mayRefresh: Bool
    ) -> [MaintenanceTask] {
        let taken = jobs.filter { causes[$0.id] != nil }
        func job(_ kind: JobFacts.Procedure, _ relation: String) -> PolicyJob? {
            taken.first { $0.kind == kind && $0.relation == relation }
        }
        // A base before what is made of it.
        let refreshes =
            (Aggregate.allCases.filter { $0.base == nil } + Aggregate.allCases.filter { $0.base != nil })
            .compactMap { job(.refresh, $0.name) }
        // Started by us, the scheduler does the work and then ends in its own error.
        let able = refreshes.filter { mayRefresh || causes[$0.id] != .notStarted }
        let stale = Set(refreshes.map(\.relation)).subtracting(able.map(\.relation))
        var tasks = able.map { refresh($0, asOwner: mayRefresh) }
        let relations =
            Hypertable.allCases.map { table in
                (
                    table.name, declared[table].compressAfter, declared[table].retention,
                    Aggregate.allCases.filter { $0.hypertable == table }.map(\.name)
                )
            }
            + Aggregate.allCases.map { aggregate in
                (
                    aggregate.name, declared[aggregate].compressAfter, declared[aggregate].retention,
                    Aggregate.allCases.filter { $0.base == aggregate }.map(\.name)
                )
            }
        for (name, compressAfter, _, _) in relations {
            if let age = compressAfter, let job = job(.compression, name) {
                tasks.append(compression(job, age))
            }
        }
        for (name, _, retention, dependents) in relations {
            guard let age = retention, let job = job(.retention, name) else { continue }
            // What nobody sums up is not dropped.
            guard stale.isDisjoint(with: dependents) else { continue }
            let before = refreshes.filter { dependents.contains($0.relation) }.map(\.task)
            tasks.append(dropping(job, age, follows: Set(dependents), after: Set(before)))
        }
        return tasks
    }

    private static func refresh(_ job: PolicyJob, asOwner: Bool) -> MaintenanceTask {
        MaintenanceTask(
            name: job.task, every: PolicyDuration(seconds: Int64(max(1, job.every))), follows: [job.relation],
            after: []
        ) { connection, _ throws(PostgresError) in
            guard asOwner else {
                let started = try connection.query(
                    "SELECT hyperstep_internal.start_job($1)", [.int32(job.id)])
                return started.bool(0, 0) == true ? "started as job \(job.id) of the database" : nil
            }
            // It commits in between, which it may only where it is called by itself.
            try connection.asSchemaOwner { () throws(PostgresError) in
                try connection.execute("CALL run_job(\(job.id))")
            }
            return nil
        }
    }

    private static func compression(_ job: PolicyJob, _ age: PolicyDuration) -> MaintenanceTask {
        MaintenanceTask(
            name: job.task, every: PolicyDuration(seconds: Int64(max(1, job.every))), follows: [], after: []
        ) { connection, goesOn throws(PostgresError) in
            let chunks = try connection.query(
                "SELECT c::text FROM hyperstep_internal.chunks_to_compress($1, \(age.sql)) AS c",
                [.text(job.relation)])
            var (done, failure): (Int, PostgresError?) = (0, nil)
            for row in 0..<chunks.count where goesOn() {
                do throws(PostgresError) {
                    try connection.transaction("BEGIN; SET LOCAL lock_timeout = '1s'") {
                        () throws(PostgresError) in
                        _ = try connection.query(
                            "SELECT hyperstep_internal.compress_one_chunk($1, $2::text::regclass)",
                            [.text(job.relation), .text(orNull: chunks.text(row, 0))])
                    }
                    done += 1
                } catch {
                    // The database's own job compressed it at the same moment.
                    if error.code == "42710" { continue }
                    // One chunk that fails, or is gone, keeps none of the others.
                    guard error.kind != .connectionLost, goesOn() else { throw error }
                    failure = failure ?? error
                }
            }
            if let failure { throw failure }
            return done == 0 ? nil : "\(done) chunks compressed"
        }
    }

    private static func dropping(
        _ job: PolicyJob, _ age: PolicyDuration, follows: Set<String>, after: Set<String>
    ) -> MaintenanceTask {
        MaintenanceTask(
            name: job.task, every: PolicyDuration(seconds: Int64(max(1, job.every))), follows: follows,
            after: after
        ) { connection, goesOn throws(PostgresError) in
            try drop(job.relation, olderThan: age, connection, goesOn)
        }
    }
}

extension PostgresConnection {
    /// Runs `body` as the owner of Hyperstep's schema, whose member the session's user is, and as that user afterwards.
    func asSchemaOwner(_ body: () throws(PostgresError) -> Void) throws(PostgresError) {
        let owner = try query(
            "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'hyperstep_internal'")
        if owner.count == 1, let name = owner.text(0, 0) { try execute("SET ROLE \(name)") }
        // A connection that was lost has lost the role with it.
        defer { try? execute("RESET ROLE") }
        try body()
    }
}
