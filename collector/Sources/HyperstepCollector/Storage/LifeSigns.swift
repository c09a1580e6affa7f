import HyperstepPostgres
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Lets the rows that runs send count as their signs of life, one now and then: a run that records is alive, even
/// where its heartbeats wait behind other events, and one that was taken for crashed runs again.
struct LifeSigns {
    private struct Sign {
        let attempt: Int16
        var time: Int64
    }

    private let interval: Duration
    /// When a run's rows last counted.
    private var last: [UUID: ContinuousClock.Instant] = [:]

    init(interval: Duration) { self.interval = interval }

    static func prepare(on connection: PostgresConnection) throws(PostgresError) {
        // Rows may be of any time, as those that are imported: a date that is still to come is no sign of a life then,
        // and would stay. A row that somebody else holds is left alone: its holder writes a sign of life itself, or marks the run
        // as crashed, which the next sign undoes.
        try connection.prepare(
            "signs of life",
            """
            UPDATE runs AS r SET
                last_seen = now(),
                last_heartbeat = greatest(r.last_heartbeat, least(s.time, now())),
                status = 'running',
                finished = NULL,
                finish_reason = NULL
            FROM (SELECT unnest($1::uuid[]) AS id, unnest($2::bigint[]) AS attempt,
                         'epoch'::timestamptz + unnest($3::bigint[]) * interval '1 microsecond' AS time) AS s
            WHERE r.id = s.id AND s.attempt >= r.attempt AND r.status IN ('running', 'crashed')
              AND r.id IN (SELECT id FROM runs WHERE id = ANY ($1::uuid[]) FOR UPDATE SKIP LOCKED)
            """)
    }

    /// After the transaction of these rows, in one of its own. Where it fails nothing is lost: the next one says
    /// the same, and a lost connection shows itself soon enough.
    mutating func write(_ writes: [BatchRows], on connection: PostgresConnection) {
        let now = ContinuousClock.now
        var signs: [UUID: Sign] = [:]
        for write in writes where !write.rows.isEmpty {
            let (batch, rows) = (write.pending.batch, write.rows)
            guard let (run, sign) = Self.sign(of: batch, rows) else { continue }
            if let last = last[run], now - last < interval { continue }
            if let other = signs[run], (other.attempt, other.time) >= (sign.attempt, sign.time) { continue }
            signs[run] = sign
        }
        guard !signs.isEmpty else { return }
        let runs = Array(signs.keys)
        let found = runs.compactMap { signs[$0] }
        _ = try? connection.query(
            prepared: "signs of life",
            [
                .uuids(runs), .int64s(found.map { Int64($0.attempt) }),
                .int64s(found.map { $0.time / 1_000 }),
            ])
        if last.count > 10_000 { last = [:] }
        for run in runs { last[run] = now }
    }

    private static func sign(of batch: Batch, _ rows: Range<Int>) -> (UUID, Sign)? {
        switch batch.records {
        case .trainingSteps(let steps):
            steps.times[rows].max().map { (steps.runID, Sign(attempt: steps.attempt, time: $0)) }
        case .scalars(let scalars):
            scalars.times[rows].max().map { (scalars.runID, Sign(attempt: scalars.attempt, time: $0)) }
        default: nil
        }
    }
}
