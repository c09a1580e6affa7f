import HyperstepPostgres
import HyperstepWire

/// The ids that the table `metrics` has for names and units, as far as one session has asked for them.
///
/// Names are made in transactions of their own, before the one that writes the rows: what is known here is
/// committed, and nobody holds a name that another waits for while it writes.
struct MetricNames {
    /// Names known at most, besides those of the group that is being written.
    static let limit = 16_384
    /// Names of one statement at most.
    private static let piece = 4_096

    private var ids: [Key: Int32] = [:]

    /// A name and its unit, byte by byte as in the database: to Swift two strings are the same that merely
    /// look the same.
    private struct Key: Hashable {
        let bytes: [UInt8]
        init(_ metric: Metric) { bytes = Array(metric.name.utf8) + [0] + metric.unit.utf8 }
    }

    /// How many are known.
    var count: Int { ids.count }

    static func prepare(on connection: PostgresConnection) throws(PostgresError) {
        try connection.prepare(
            "finding metrics",
            """
            SELECT u.place, m.id
            FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS u (name, unit, place)
            JOIN metrics AS m ON m.name = u.name AND m.unit = u.unit
            """)
        // In the same order everywhere: of two writers that make the same names one waits for the other, and
        // never each for the other.
        try connection.prepare(
            "making metrics",
            """
            INSERT INTO metrics (name, unit)
            SELECT u.name, u.unit FROM unnest($1::text[], $2::text[]) AS u (name, unit)
            ORDER BY u.name COLLATE "C", u.unit COLLATE "C"
            ON CONFLICT (name, unit) DO NOTHING
            """)
    }

    /// Has the ids of the names that rows of these batches use, and makes those that nobody used before.
    ///
    /// Only names that are missing are inserted, since each try takes an id that is then lost.
    mutating func learn(_ batches: [Scalars], on connection: PostgresConnection) throws(PostgresError) {
        var wanted: [Key: Metric] = [:]
        for scalars in batches {
            for (metric, isUsed) in zip(scalars.metrics, scalars.usedMetrics) where isUsed {
                wanted[Key(metric)] = metric
            }
        }
        var missing = wanted.filter { ids[$0.key] == nil }
        if ids.count + missing.count > Self.limit {
            ids = [:]
            missing = wanted
        }
        var rest = missing.values.map { $0 }[...]
        while !rest.isEmpty {
            let unknown = try find(Array(rest.prefix(Self.piece)), on: connection)
            rest = rest.dropFirst(Self.piece)
            guard !unknown.isEmpty else { continue }
            _ = try connection.query(prepared: "making metrics", Self.values(unknown))
            guard try find(unknown, on: connection).isEmpty else {
                throw PostgresError(code: "40001", message: "rows of metrics were deleted meanwhile")
            }
        }
    }

    /// The id of each of the metrics that a batch lists; 0 for those that no row uses.
    func ids(of scalars: Scalars) throws(PostgresError) -> [Int32] {
        var found: [Int32] = []
        found.reserveCapacity(scalars.metrics.count)
        for (metric, isUsed) in zip(scalars.metrics, scalars.usedMetrics) {
            guard let id = isUsed ? ids[Key(metric)] : 0 else {
                throw PostgresError(kind: .retryable, message: "the id of a metric was not asked for")
            }
            found.append(id)
        }
        return found
    }

    /// Remembers the ids of those that exist, and returns the others.
    private mutating func find(
        _ metrics: [Metric], on connection: PostgresConnection
    ) throws(PostgresError) -> [Metric] {
        let rows = try connection.query(prepared: "finding metrics", Self.values(metrics))
        var isFound = [Bool](repeating: false, count: metrics.count)
        for row in 0..<rows.count {
            guard let place = rows.int64(row, 0), let id = rows.int64(row, 1) else { continue }
            ids[Key(metrics[Int(place) - 1])] = Int32(truncatingIfNeeded: id)
            isFound[Int(place) - 1] = true
        }
        return zip(metrics, isFound).filter { !$1 }.map { $0.0 }
    }

    private static func values(_ metrics: [Metric]) -> [PostgresValue] {
        [.texts(metrics.map(\.name)), .texts(metrics.map(\.unit))]
    }
}

extension Scalars {
    /// Which of `metrics` any row uses.
    var usedMetrics: [Bool] {
        var used = [Bool](repeating: false, count: metrics.count)
        for index in metricIndexes { used[Int(index)] = true }
        return used
    }
}
