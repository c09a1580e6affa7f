import HyperstepPostgres
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What is done to `metrics`, which has an id for each name and unit, and to `run_metric_names`, which says which
/// of them a run may log.
enum MetricStatements {
    /// Names of one statement at most.
    private static let piece = 4_096
    /// The key of the advisory lock under which names are made: "hypmetrc" in ASCII.
    private static let lockKey: Int64 = 0x6879_706d_6574_7263

    static func prepare(on connection: PostgresConnection) throws(PostgresError) {
        // One look for each name, and not a join: planned while the tables were small, it would read all of them.
        try connection.prepare(
            "finding metrics of runs",
            """
            SELECT u.place, (SELECT m.id FROM metrics AS m
                             WHERE m.name = u.name AND m.unit = u.unit
                               AND EXISTS (SELECT FROM run_metric_names AS r
                                           WHERE r.run_id = u.run_id AND r.metric_id = m.id))
            FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS u (run_id, name, unit, place)
            """)
        try connection.prepare(
            "counting metrics of runs",
            """
            SELECT u.run_id, (SELECT count(*) FROM run_metric_names AS r WHERE r.run_id = u.run_id)
            FROM unnest($1::uuid[]) AS u (run_id)
            """)
        // Only what is missing is inserted, since each try takes an id that is then lost.
        try connection.prepare(
            "making metrics",
            """
            INSERT INTO metrics (name, unit)
            SELECT DISTINCT u.name, u.unit FROM unnest($1::text[], $2::text[]) AS u (name, unit)
            WHERE NOT EXISTS (SELECT FROM metrics AS m WHERE m.name = u.name AND m.unit = u.unit)
            ON CONFLICT (name, unit) DO NOTHING
            """)
        try connection.prepare(
            "giving metrics to runs",
            """
            INSERT INTO run_metric_names (run_id, metric_id)
            SELECT n.run_id, n.id
            FROM (SELECT u.run_id, (SELECT m.id FROM metrics AS m WHERE m.name = u.name AND m.unit = u.unit) AS id
                  FROM unnest($1::uuid[], $2::text[], $3::text[]) AS u (run_id, name, unit)) AS n
            WHERE n.id IS NOT NULL
            ON CONFLICT (run_id, metric_id) DO NOTHING
            """)
    }

    /// The ids of those metrics that their runs may log, by their places in `metrics`; nil for the others.
    static func find(
        _ metrics: [RunMetric], on connection: PostgresConnection
    ) throws(PostgresError) -> [Int32?] {
        var ids = [Int32?](repeating: nil, count: metrics.count)
        for first in stride(from: 0, to: metrics.count, by: piece) {
            let some = metrics[first..<min(first + piece, metrics.count)]
            let rows = try connection.query(prepared: "finding metrics of runs", values(some))
            for row in 0..<rows.count {
                guard let place = rows.int64(row, 0), let id = rows.int64(row, 1) else { continue }
                ids[first + Int(place) - 1] = Int32(truncatingIfNeeded: id)
            }
        }
        return ids
    }

    /// Lets runs log metrics that they did not log before, as long as they log fewer than `limit`; makes names
    /// that nobody used before. In a transaction of its own: whoever sees a name may rely on it.
    ///
    /// One collector at a time, so that no run gets too many and nobody waits in a circle: new names are rare.
    ///
    /// - Returns: those for which there was no room.
    static func admit(
        _ wanted: [RunMetric], atMost limit: Int, on connection: PostgresConnection
    ) throws(PostgresError) -> [RunMetric] {
        // Whoever holds the lock for longer is in trouble, and steps of other runs may be waiting in this group.
        try connection.transaction("BEGIN; SET LOCAL lock_timeout = '1s'") { () throws(PostgresError) in
            _ = try connection.query("SELECT pg_advisory_xact_lock($1)", [.int64(lockKey)])
            var room = try room(for: Set(wanted.map(\.run)), limit, on: connection)
            var (admitted, refused): ([RunMetric], [RunMetric]) = ([], [])
            // Whoever had the lock before may have made some of them.
            for (metric, id) in zip(wanted, try find(wanted, on: connection)) where id == nil {
                if let left = room[metric.run], left > 0 {
                    room[metric.run] = left - 1
                    admitted.append(metric)
                } else {
                    refused.append(metric)
                }
            }
            for first in stride(from: 0, to: admitted.count, by: piece) {
                let some = admitted[first..<min(first + piece, admitted.count)]
                _ = try connection.query(prepared: "making metrics", Array(values(some).dropFirst()))
                _ = try connection.query(prepared: "giving metrics to runs", values(some))
            }
            return refused
        }
    }

    private static func room(
        for runs: Set<UUID>, _ limit: Int, on connection: PostgresConnection
    ) throws(PostgresError) -> [UUID: Int] {
        let rows = try connection.query(prepared: "counting metrics of runs", [.uuids(Array(runs))])
        var room: [UUID: Int] = [:]
        for row in 0..<rows.count {
            guard let run = rows.uuid(row, 0), let count = rows.int64(row, 1) else { continue }
            room[run] = limit - Int(count)
        }
        return room
    }

    private static func values(_ metrics: ArraySlice<RunMetric>) -> [PostgresValue] {
        [
            .uuids(metrics.map(\.run)), .texts(metrics.map(\.metric.name)),
            .texts(metrics.map(\.metric.unit)),
        ]
    }
}
