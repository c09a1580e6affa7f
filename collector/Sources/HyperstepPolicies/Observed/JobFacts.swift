import HyperstepPostgres

/// TimescaleDB's policy jobs on Hyperstep's relations. The Apache edition has the views, and no such jobs unless
/// the database ran the other edition before.
struct JobFacts {
    /// The procedures by which TimescaleDB keeps policies. The columnstore's still goes by its first name.
    enum Procedure: String {
        case compression = "policy_compression"
        case retention = "policy_retention"
        case refresh = "policy_refresh_continuous_aggregate"
    }

    private var jobs: [String: [Procedure: [ObservedJob]]] = [:]

    func of(_ relation: String, _ procedure: Procedure) -> [ObservedJob] {
        jobs[relation]?[procedure] ?? []
    }

    init(_ connection: PostgresConnection) throws(PostgresError) {
        // Intervals are read of jobs on Hyperstep's tables alone: other people's jobs hold what they like.
        let rows = try connection.query(
            """
            WITH jobs AS MATERIALIZED (
                SELECT m.relation, j.job_id, j.proc_name::text AS procedure, j.scheduled,
                       j.schedule_interval, j.config, m.is_owners
                FROM hyperstep_internal.managed_jobs() m
                JOIN timescaledb_information.jobs j USING (job_id)
                WHERE j.proc_schema = '_timescaledb_functions'
                  AND j.proc_name IN ('policy_compression', 'policy_retention',
                                      'policy_refresh_continuous_aggregate')
            )
            SELECT relation, procedure, job_id, scheduled, extract(epoch FROM schedule_interval)::int8,
                   extract(epoch FROM COALESCE(config ->> 'compress_after', config ->> 'drop_after')::interval)
                       ::int8,
                   extract(epoch FROM (config ->> 'start_offset')::interval)::int8,
                   extract(epoch FROM (config ->> 'end_offset')::interval)::int8, is_owners
            FROM jobs ORDER BY job_id
            """)
        for row in 0..<rows.count {
            guard let relation = rows.text(row, 0),
                let procedure = Procedure(rawValue: rows.text(row, 1) ?? "")
            else { continue }
            let job = ObservedJob(
                id: Int32(rows.int64(row, 2) ?? 0), isScheduled: rows.bool(row, 3) ?? false,
                isOwners: rows.bool(row, 8) ?? true,
                every: rows.duration(row, 4), after: rows.duration(row, 5),
                refreshStart: rows.duration(row, 6), refreshEnd: rows.duration(row, 7))
            jobs[relation, default: [:]][procedure, default: []].append(job)
        }
    }
}

extension PostgresResult {
    /// Seconds as a duration; nil for null, and for what no policy of Hyperstep can say.
    func duration(_ row: Int, _ column: Int) -> PolicyDuration? {
        int64(row, column).flatMap { $0 > 0 ? PolicyDuration(seconds: $0) : nil }
    }
}
