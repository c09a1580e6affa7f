import HyperstepPostgres

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Marks the runs that give no sign of life any more.
enum CrashedRuns {
    /// A run that was marked.
    struct Marked: Equatable {
        let run: UUID
        let project: String
        let name: String
    }

    /// Runs that one look marks at most.
    private static let limit = 1_000

    /// Marks runs of which nothing was heard for `silence`, by the database's clock. Any number of collectors may
    /// do it at once: a row that one of them holds is left to that one.
    static func mark(
        silentFor silence: Duration, on connection: PostgresConnection
    ) throws(PostgresError) -> [Marked] {
        let seconds = silence.milliseconds / 1_000
        let rows = try connection.query(
            """
            UPDATE runs SET status = 'crashed', finished = coalesce(last_heartbeat, started, last_seen),
                            finish_reason = 'no sign of life for ' || $1::bigint || ' s'
            WHERE status = 'running' AND id IN (
                SELECT id FROM runs
                WHERE status = 'running' AND last_seen < now() - $1::bigint * interval '1 second'
                LIMIT \(limit) FOR UPDATE SKIP LOCKED)
            RETURNING id, coalesce(project, ''), coalesce(name, '')
            """, [.int64(seconds)])
        return (0..<rows.count).compactMap { row in
            rows.uuid(row, 0).map {
                Marked(run: $0, project: rows.text(row, 1) ?? "", name: rows.text(row, 2) ?? "")
            }
        }
    }
}
