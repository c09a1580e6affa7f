import HyperstepPostgres

/// Reads the tasks that keep policies.
enum JobReader {
    /// TimescaleDB's jobs in this database, those that TimescaleDB has for itself left out; and the collector's tasks.
    static func jobs(_ connection: PostgresConnection) throws(PostgresError) -> [JobStatus] {
        var jobs = try timescaleJobs(connection)
        try readErrors(&jobs, connection)
        var others: [JobStatus] = []
        for task in try maintenance(connection) {
            // A job of the database's whose work the collector does.
            if let index = jobs.firstIndex(where: { ($0.task, $0.relation) == (task.task, task.relation) }) {
                jobs[index] = jobs[index].taken(over: task)
            } else {
                others.append(task)
            }
        }
        return jobs + others
    }

    /// TimescaleDB shows the errors of Hyperstep's jobs to their owner alone, Hyperstep to the collector's role as well.
    private static func readErrors(
        _ jobs: inout [JobStatus], _ connection: PostgresConnection
    ) throws(PostgresError) {
        guard jobs.contains(where: { $0.didSucceed == false && $0.lastError == nil }) else { return }
        let mayAsk = try connection.query(
            """
            SELECT coalesce(has_function_privilege(to_regprocedure('hyperstep_internal.own_jobs()'), 'EXECUTE'), false)
            """)
        guard mayAsk.bool(0, 0) == true else { return }
        for job in try PolicyJob.all(connection) {
            guard let index = jobs.firstIndex(where: { $0.job == job.id }) else { continue }
            jobs[index].lastError = jobs[index].lastError ?? job.error
        }
    }

    private static func timescaleJobs(_ connection: PostgresConnection) throws(PostgresError) -> [JobStatus] {
        // Errors are shown to members of the job's owner or of the database's.
        let rows = try connection.query(
            """
            SELECT j.job_id, j.proc_name::text, o.relation, j.scheduled,
                   extract(epoch FROM j.schedule_interval)::float8,
                   extract(epoch FROM nullif(s.last_run_started_at, '-infinity'))::float8,
                   extract(epoch FROM nullif(s.last_successful_finish, '-infinity'))::float8,
                   s.last_run_status, extract(epoch FROM nullif(s.next_start, '-infinity'))::float8,
                   coalesce(s.total_runs, 0), coalesce(s.total_failures, 0), e.err_message
            FROM timescaledb_information.jobs j
            LEFT JOIN timescaledb_information.job_stats s USING (job_id)
            LEFT JOIN hyperstep_internal.managed_jobs() o USING (job_id)
            LEFT JOIN LATERAL (
                SELECT err_message FROM timescaledb_information.job_errors
                WHERE job_id = j.job_id ORDER BY start_time DESC LIMIT 1) e ON s.total_failures > 0
            WHERE j.job_id >= 1000
            ORDER BY o.relation, j.job_id
            """)
        return (0..<rows.count).map { row in
            var job = JobStatus(
                task: task(rows.text(row, 1) ?? ""), relation: rows.text(row, 2),
                job: rows.int64(row, 0).map { Int32(truncatingIfNeeded: $0) })
            job.isScheduled = rows.bool(row, 3) ?? true
            job.every = rows.double(row, 4)
            job.lastStart = rows.double(row, 5)
            job.lastSuccess = rows.double(row, 6)
            job.didSucceed = rows.text(row, 7).map { $0 == "Success" }
            job.next = rows.double(row, 8)
            job.runs = rows.int64(row, 9) ?? 0
            job.failures = rows.int64(row, 10) ?? 0
            job.lastError = rows.text(row, 11)
            return job
        }
    }

    /// Hyperstep's word for a procedure. The columnstore's policy still goes by its first name.
    private static func task(_ procedure: String) -> String {
        switch procedure {
        case "policy_compression": "compression"
        case "policy_retention": "retention"
        case "policy_refresh_continuous_aggregate": "refresh"
        default: procedure
        }
    }

    /// What the collector did itself: empty in the Community edition, and before the migration that makes the table.
    private static func maintenance(_ connection: PostgresConnection) throws(PostgresError) -> [JobStatus] {
        guard try connection.exists("hyperstep_internal.maintenance") else { return [] }
        let rows = try connection.query(
            """
            SELECT task, extract(epoch FROM last_start)::float8, extract(epoch FROM last_success)::float8,
                   last_error, extract(epoch FROM next_start)::float8, runs::int8, failures::int8
            FROM hyperstep_internal.maintenance ORDER BY task
            """)
        return (0..<rows.count).map { row in
            let (name, relation) = split(rows.text(row, 0) ?? "")
            var job = JobStatus(task: name, relation: relation)
            job.lastStart = rows.double(row, 1)
            job.lastSuccess = rows.double(row, 2)
            job.lastError = rows.text(row, 3)
            job.next = rows.double(row, 4)
            job.runs = rows.int64(row, 5) ?? 0
            job.failures = rows.int64(row, 6) ?? 0
            // Counted when it begins: one that never ended has neither.
            if job.lastError != nil || job.lastSuccess != nil { job.didSucceed = job.lastError == nil }
            if let next = job.next, let start = job.lastStart { job.every = next - start }
            return job
        }
    }

    /// `retention training_metrics` is a task and its relation; any other text a task.
    static func split(_ task: String) -> (task: String, relation: String?) {
        let words = task.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
        guard let last = words.last, words.count > 1,
            Hypertable(rawValue: last) != nil || Aggregate(rawValue: last) != nil
        else { return (task, nil) }
        return (words.dropLast().joined(separator: " "), last)
    }
}

extension PostgresConnection {
    /// Whether there is such a relation that this role can see.
    func exists(_ relation: String) throws(PostgresError) -> Bool {
        try query("SELECT to_regclass($1) IS NOT NULL", [.text(relation)]).bool(0, 0) ?? false
    }
}
