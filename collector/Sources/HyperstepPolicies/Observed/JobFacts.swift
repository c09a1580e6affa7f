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
        // A job is found by the hypertable in its configuration, which one that was made by add_job has too.
        // Only then are intervals read: other people's jobs hold what they like.
        let rows = try connection.query(
            """
            WITH ours AS MATERIALIZED (
                SELECT id, table_name::text AS relation,
                       format('%I.%I', schema_name, table_name)::regclass AS owned
                FROM _timescaledb_catalog.hypertable
                WHERE schema_name = 'public' AND table_name::text = ANY ($1)
                UNION ALL
                SELECT mat_hypertable_id, user_view_name::text,
                       format('%I.%I', user_view_schema, user_view_name)::regclass
                FROM _timescaledb_catalog.continuous_agg
                WHERE user_view_schema = 'public' AND user_view_name::text = ANY ($2)
            ), jobs AS MATERIALIZED (
                SELECT ours.relation, j.job_id, j.proc_name::text AS procedure, j.scheduled,
                       j.schedule_interval, j.config, j.owner::oid = c.relowner AS is_owners
                FROM timescaledb_information.jobs j
                JOIN ours ON ours.id::text = COALESCE(j.config ->> 'hypertable_id',
                                                      j.config ->> 'mat_hypertable_id')
                JOIN pg_class c ON c.oid = ours.owned
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
            """,
            [.texts(Hypertable.allCases.map(\.name)), .texts(Aggregate.allCases.map(\.name))])
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
