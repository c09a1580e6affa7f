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

    /// The ids of those metrics that their runs may log, by their places; nil for the others.
    static func find(
        _ metrics: ArraySlice<RunMetric>, on connection: PostgresConnection
    ) throws(PostgresError) -> [Int64?] {
        let rows = try connection.query(prepared: "finding metrics of runs", values(metrics))
        return NameStatements.numbers(in: rows, count: metrics.count)
    }

    /// How many metrics each of these runs has logged.
    static func counts(
        of owners: [NameOwner], on connection: PostgresConnection
    ) throws(PostgresError) -> [NameOwner: Int] {
        let runs = owners.compactMap { if case .run(let id) = $0 { id } else { nil } }
        let rows = try connection.query(prepared: "counting metrics of runs", [.uuids(runs)])
        var counts: [NameOwner: Int] = [:]
        for row in 0..<rows.count {
            guard let run = rows.uuid(row, 0), let count = rows.int64(row, 1) else { continue }
            counts[.run(run)] = Int(count)
        }
        return counts
    }

    /// Makes the names that nobody used before, and lets their runs log them.
    static func make(
        _ metrics: ArraySlice<RunMetric>, on connection: PostgresConnection
    ) throws(PostgresError) {
        _ = try connection.query(prepared: "making metrics", Array(values(metrics).dropFirst()))
        _ = try connection.query(prepared: "giving metrics to runs", values(metrics))
    }

    private static func values(_ metrics: ArraySlice<RunMetric>) -> [PostgresValue] {
        [
            .uuids(metrics.map(\.run)), .texts(metrics.map(\.metric.name)),
            .texts(metrics.map(\.metric.unit)),
        ]
    }
}
