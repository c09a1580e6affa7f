public import HyperstepPostgres

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Brings the aggregates that the collector keeps up to date with what writers noted.
///
/// In each transaction some notes of one hypertable are taken away, oldest first, and the buckets they name are
/// computed anew, in all aggregates of that hypertable. A note is taken only when the rows it stands for are
/// visible, so that whatever happens in between is noted again. Several refreshers of one database take turns.
///
///     let refresher = AggregateRefresher(connection)
///     try refresher.refresh(.trainingMetrics, olderThan: .minutes(2))
public struct AggregateRefresher {
    let connection: PostgresConnection
    /// How many notes are taken in one transaction: a note is one minute of one run or model. At least 1.
    public var notesPerTransaction = 1_000

    /// A refresher that uses `connection`, which nobody else may use meanwhile and which is in no transaction.
    public init(_ connection: PostgresConnection) { self.connection = connection }

    /// Takes in what is noted when it is called; not what is noted meanwhile, so that it ends.
    ///
    /// - Parameters:
    ///   - source: the hypertable whose aggregates are refreshed, those made of aggregates included.
    ///   - age: buckets that ended less than this ago are left, as they are likely to be written to; nil takes all.
    ///   - goesOn: asked before each transaction.
    /// - Returns: how many minutes of runs or models were taken in; 0 if the collector keeps no aggregate of it.
    /// - Throws: ``PostgresError``; what was committed before stays, and the rest is still noted.
    @discardableResult
    public func refresh(
        _ source: Hypertable, olderThan age: PolicyDuration? = nil, while goesOn: () -> Bool = { true }
    ) throws(PostgresError) -> Int {
        let before =
            age.map { "time_bucket(max(k.width), now() - \($0.exactSQL))" } ?? "'infinity'::timestamptz"
        let row = try connection.query(
            """
            SELECT b.before,
                   (SELECT count(*) FROM hyperstep_internal.touched_buckets WHERE source = $1 AND bucket < b.before)
            FROM (SELECT \(before) AS before FROM hyperstep_internal.kept_aggregates k
                  WHERE k.source = $1 AND k.base IS NULL HAVING count(*) > 0) b
            """, [.text(source.name)])
        guard row.count == 1, let upTo = row.int64(0, 0), let notes = row.int64(0, 1) else { return 0 }
        return try refresh(source, from: .min, to: upTo, notes: Int(notes), while: goesOn)
    }

    /// Takes in at most `notes` notes, give or take a transaction's, between two times.
    func refresh(
        _ source: Hypertable, from: Int64, to: Int64, notes: Int, while goesOn: () -> Bool
    ) throws(PostgresError) -> Int {
        var (left, minutes) = (notes, 0)
        while left > 0, goesOn() {
            let slice = try inTransaction { () throws(PostgresError) in
                try refreshSlice(source, from: from, to: to)
            }
            guard slice.notes > 0 else { break }
            left -= slice.notes
            minutes += slice.minutes
        }
        return minutes
    }

    private func refreshSlice(
        _ source: Hypertable, from: Int64, to: Int64
    ) throws(PostgresError) -> (notes: Int, minutes: Int) {
        let aggregates = try lock(source)
        guard let widest = aggregates.last else { return (0, 0) }
        try discardHistory(source)
        let window = try connection.query(
            """
            SELECT w.start, w.start + \(widest.width.span.exactSQL)
            FROM (SELECT time_bucket(\(widest.width.sql), bucket) AS start
                  FROM hyperstep_internal.touched_buckets
                  WHERE source = $1 AND bucket >= $2 AND bucket < $3
                  ORDER BY bucket LIMIT 1 FOR UPDATE SKIP LOCKED) w
            """, [.text(source.name), .timestamp(microseconds: from), .timestamp(microseconds: to)])
        guard window.count == 1, let start = window.int64(0, 0), let end = window.int64(0, 1) else {
            return (0, 0)
        }
        let taken = try take(source, from: max(from, start), to: min(to, end))
        guard taken.notes > 0 else { return (0, 0) }
        let parameters: [PostgresValue] = [
            .uuids(taken.keys), .int64s(taken.minutes), .timestamp(microseconds: start),
            .timestamp(microseconds: end),
        ]
        for aggregate in aggregates {
            _ = try connection.query(aggregate.deleteNoted, parameters)
            _ = try connection.query(aggregate.insertNoted, parameters)
        }
        return (taken.notes, taken.keys.count)
    }

    /// The aggregates kept of a hypertable, a base before what is made of it, none of which changes until the end of
    /// the transaction.
    func lock(_ source: Hypertable) throws(PostgresError) -> [KeptAggregate] {
        let rows = try connection.query(
            """
            SELECT k.aggregate, extract(epoch FROM k.width)::bigint, k.base
            FROM hyperstep_internal.kept_aggregates k WHERE k.source = $1 ORDER BY k.aggregate FOR UPDATE
            """, [.text(source.name)])
        var widths: [Aggregate: PolicyDuration] = [:]
        for row in 0..<rows.count {
            guard let name = rows.text(row, 0), let aggregate = Aggregate(rawValue: name),
                let seconds = rows.int64(row, 1), rows.text(row, 2) == aggregate.base?.name
            else {
                throw PostgresError(
                    kind: .schema,
                    message: """
                        refreshing the aggregates of \(source.name): hyperstep_internal.kept_aggregates has \
                        "\(rows.text(row, 0) ?? "")", which this version does not know; use the version that \
                        made it
                        """)
            }
            widths[aggregate] = PolicyDuration(seconds: max(60, seconds))
        }
        let inOrder = widths.sorted { ($0.value, $0.key.name) < ($1.value, $1.key.name) }
        return inOrder.map { aggregate, width in
            KeptAggregate(
                aggregate, width: width, baseWidth: aggregate.base.map { widths[$0] ?? width },
                in: connection.schema)
        }
    }

    /// Forgets notes of buckets whose rows may be gone: what is computed of them stays. One that a writer holds is
    /// forgotten the next time; until then it is not taken either.
    private func discardHistory(_ source: Hypertable) throws(PostgresError) {
        _ = try connection.query(
            """
            UPDATE hyperstep_internal.kept_aggregates SET complete_from = now() - input_retention
            WHERE source = $1 AND complete_from < now() - input_retention
            """, [.text(source.name)])
        _ = try connection.query(
            """
            DELETE FROM hyperstep_internal.touched_buckets WHERE ctid = ANY (ARRAY(
                SELECT t.ctid FROM hyperstep_internal.touched_buckets t
                JOIN hyperstep_internal.kept_aggregates k ON k.source = t.source AND k.base IS NULL
                WHERE t.source = $1 AND t.bucket < k.complete_from + k.width
                  AND time_bucket(k.width, t.bucket) < k.complete_from
                FOR UPDATE OF t SKIP LOCKED))
            """, [.text(source.name)])
    }

    /// Notes that a writer holds are left to the next time, and wait for nobody.
    private func take(
        _ source: Hypertable, from: Int64, to: Int64
    ) throws(PostgresError) -> (notes: Int, keys: [UUID?], minutes: [Int64]) {
        let rows = try connection.query(
            """
            DELETE FROM hyperstep_internal.touched_buckets WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM hyperstep_internal.touched_buckets
                WHERE source = $1 AND bucket >= $2 AND bucket < $3
                ORDER BY bucket LIMIT $4 FOR UPDATE SKIP LOCKED))
            RETURNING key, bucket
            """,
            [
                .text(source.name), .timestamp(microseconds: from), .timestamp(microseconds: to),
                .int64(Int64(max(1, notesPerTransaction))),
            ])
        let distinct = Set(
            (0..<rows.count).map { Note(key: rows.uuid($0, 0), minute: rows.int64($0, 1) ?? 0) })
        return (rows.count, distinct.map(\.key), distinct.map(\.minute))
    }

    private struct Note: Hashable {
        let key: UUID?
        let minute: Int64
    }

    func inTransaction<Result>(
        _ body: () throws(PostgresError) -> Result
    ) throws(PostgresError) -> Result {
        // Each statement sees what is committed before it: rows are read after the note was taken.
        try connection.transaction(
            "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL jit TO off", body)
    }
}

extension PolicyDuration {
    /// A whole number of buckets of this width, a day or more: how much time one transaction touches at most.
    var span: PolicyDuration {
        PolicyDuration(seconds: (86_400 + seconds - 1) / seconds * seconds)
    }
}
