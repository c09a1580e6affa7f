import HyperstepPostgres

/// One of TimescaleDB's jobs that keep Hyperstep's policies, and how TimescaleDB's scheduler left it.
struct PolicyJob: Equatable {
    let id: Int32
    let kind: JobFacts.Procedure
    /// The hypertable or aggregate it works on.
    let relation: String
    var isScheduled = true
    /// Seconds from one run to the next.
    var every: Double
    /// Seconds since its newest run began; nil if it never ran.
    var sinceStart: Double?
    /// Seconds since it was to run next; negative where that is to come, nil where the scheduler has not said.
    var late: Double?
    var isRunning = false
    /// Whether the newest run succeeded; nil if none has ended.
    var didSucceed: Bool?
    /// What the newest run failed with.
    var error: String?

    /// As `compression training_metrics`: the name of the task that does its work, see ``MaintenanceTask``.
    var task: String { "\(kind.word) \(relation)" }

    /// Those of Hyperstep, each once. Needs no more than leave to call `hyperstep_internal.own_jobs()`.
    static func all(_ connection: PostgresConnection) throws(PostgresError) -> [PolicyJob] {
        let rows = try connection.query(
            """
            SELECT job_id, kind::text, relation, is_scheduled, every,
                   extract(epoch FROM now() - last_start)::float8,
                   CASE WHEN isfinite(next_start) THEN extract(epoch FROM now() - next_start)::float8 END,
                   is_running, did_succeed, error
            FROM hyperstep_internal.own_jobs() ORDER BY job_id
            """)
        return (0..<rows.count).compactMap { row in
            guard let id = rows.int64(row, 0), let relation = rows.text(row, 2),
                let kind = JobFacts.Procedure(rawValue: rows.text(row, 1) ?? "")
            else { return nil }
            return PolicyJob(
                id: Int32(truncatingIfNeeded: id), kind: kind, relation: relation,
                isScheduled: rows.bool(row, 3) ?? false, every: rows.double(row, 4) ?? 3_600,
                sinceStart: rows.double(row, 5), late: rows.double(row, 6),
                isRunning: rows.bool(row, 7) ?? false, didSucceed: rows.bool(row, 8), error: rows.text(row, 9)
            )
        }
    }
}

extension JobFacts.Procedure {
    /// Hyperstep's word for it.
    var word: String {
        switch self {
        case .compression: "compression"
        case .retention: "retention"
        case .refresh: "refresh"
        }
    }
}
