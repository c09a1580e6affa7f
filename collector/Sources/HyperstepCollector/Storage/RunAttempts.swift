import HyperstepPostgres
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Keeps `run_attempts`, by which the view `training_steps` leaves out what a later attempt did anew.
///
/// A row says where its attempt begins, and is written in the transaction of the attempt's first rows: the start
/// of the run may come later, in a stream of its own, and nobody is to see a step twice meanwhile.
struct RunAttempts {
    private struct Key: Hashable {
        let run: UUID
        let attempt: Int16

        static func < (left: Self, right: Self) -> Bool {
            (left.run, left.attempt) < (right.run, right.attempt)
        }
    }

    private struct Facts {
        var fromStep: Int64?
        var started: Int64?
        var host: String?

        mutating func lower(to step: Int64) { fromStep = min(step, fromStep ?? .max) }
    }

    /// The first step of each attempt that the database is known to have, the greatest number where it has none; a
    /// cache, forgotten when it gets large.
    private var known: [Key: Int64] = [:]
    /// What the open transaction adds to it.
    private var told: [Key: Int64] = [:]

    static func prepare(on connection: PostgresConnection) throws(PostgresError) {
        try connection.prepare(
            "an attempt's row",
            """
            INSERT INTO run_attempts AS a (run_id, attempt, from_step, started, host)
            VALUES ($1::uuid, $2::smallint, $3::bigint, $4::timestamptz, $5::text)
            ON CONFLICT (run_id, attempt) DO UPDATE SET
                from_step = least(a.from_step, EXCLUDED.from_step),
                started = least(a.started, EXCLUDED.started),
                host = coalesce(a.host, EXCLUDED.host)
            WHERE (a.from_step, a.started, a.host) IS DISTINCT FROM
                  (least(a.from_step, EXCLUDED.from_step), least(a.started, EXCLUDED.started),
                   coalesce(a.host, EXCLUDED.host))
            """)
    }

    /// A transaction begins.
    mutating func begin() { told = [:] }

    /// Tells everything anew: attempts were deleted.
    mutating func forget() { (known, told) = ([:], [:]) }

    /// Writes what these rows and events tell of attempts. Rows are touched in ascending order, and before those
    /// of `runs`, so that writers do not wait for each other in a circle.
    mutating func write(
        _ writes: [BatchRows], on connection: PostgresConnection
    ) throws(PostgresError) {
        var facts: [Key: Facts] = [:]
        for write in writes where !write.rows.isEmpty {
            let (batch, rows) = (write.pending.batch, write.rows)
            switch batch.records {
            case .trainingSteps(let steps) where steps.attempt > 0: note(steps, rows, in: &facts)
            case .scalars(let scalars) where scalars.attempt > 0:
                note(Key(run: scalars.runID, attempt: scalars.attempt), in: &facts)
            case .runEvents(let events): for event in events[rows] { note(event, in: &facts) }
            default: break
            }
        }
        for (key, facts) in facts.sorted(by: { $0.key < $1.key }) {
            _ = try connection.query(
                prepared: "an attempt's row",
                [
                    .uuid(key.run), .int16(key.attempt), facts.fromStep.map { .int64($0) } ?? .null,
                    facts.started.map {
                        .timestamp(microseconds: PostgresTime.microseconds(fromNanoseconds: $0))
                    } ?? .null,
                    .text(orNull: facts.host),
                ])
            told[key] = min(facts.fromStep ?? .max, told[key] ?? .max)
        }
    }

    /// The transaction is committed: what it told need not be told again.
    mutating func committed() {
        if known.count + told.count > 10_000 { known = [:] }
        known.merge(told) { min($0, $1) }
        told = [:]
    }

    private func note(_ steps: TrainingSteps, _ rows: Range<Int>, in facts: inout [Key: Facts]) {
        let key = Key(run: steps.runID, attempt: steps.attempt)
        guard let first = steps.steps[rows].min(), first < known[key] ?? .max else { return }
        facts[key, default: Facts()].lower(to: first)
    }

    /// An attempt of which there is anything is there, so that no resume takes its number.
    private func note(_ key: Key, in facts: inout [Key: Facts]) {
        if known[key] == nil, facts[key] == nil { facts[key] = Facts() }
    }

    private func note(_ event: RunEvent, in facts: inout [Key: Facts]) {
        guard case .started(let start) = event.event else { return }
        let key = Key(run: event.runID, attempt: event.attempt)
        if let step = start.fromStep, event.attempt > 0 { facts[key, default: Facts()].lower(to: step) }
        // Rank 0 speaks for the run.
        guard event.rank == 0 else { return }
        facts[key, default: Facts()].started = event.time
        if !start.host.isEmpty { facts[key]?.host = start.host }
    }
}
