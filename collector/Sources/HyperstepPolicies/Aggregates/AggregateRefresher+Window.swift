public import HyperstepPostgres

extension AggregateRefresher {
    /// Computes a window of an aggregate anew from what is there now, however it is kept; its base before it.
    ///
    /// Where the collector keeps it, all aggregates of its hypertable are computed. Buckets whose rows may be gone
    /// by retention are left as they are.
    ///
    /// - Parameters:
    ///   - from: where the window begins, in any form that PostgreSQL reads; nil: with the oldest row. Widened to
    ///     whole buckets.
    ///   - to: where it ends, not included; nil: with the newest row.
    ///   - goesOn: asked between steps of about a day, where the collector keeps it.
    /// - Throws: ``PostgresError``: of kind `data` where a time cannot be read, of kind `schema` where there is no such
    ///   aggregate or the role does not own it. A window of many rows takes long: give the connection an operation
    ///   timeout to suit.
    public func refreshWindow(
        _ aggregate: Aggregate, from: String?, to: String?, while goesOn: () -> Bool = { true }
    ) throws(PostgresError) {
        switch try AggregateKind.of(aggregate, connection) {
        case .continuous: try refreshContinuous(aggregate, from: from, to: to)
        case .kept: try refreshKept(aggregate, from: from, to: to, while: goesOn)
        case nil:
            throw PostgresError(
                kind: .schema,
                message:
                    "refreshing \(aggregate.name): there is no such aggregate; hyperstep-collector migrate makes it"
            )
        }
    }

    private func refreshContinuous(
        _ aggregate: Aggregate, from: String?, to: String?
    ) throws(PostgresError) {
        // The base's buckets divide its own: a window of whole buckets is one of the base too.
        let window = try connection.query(
            """
            SELECT w.first::text, w.last::text
            FROM (SELECT hyperstep_internal.bucket_width($1) AS width) a
            CROSS JOIN LATERAL (
                SELECT time_bucket(a.width, $2::text::timestamptz) AS first,
                       time_bucket(a.width, $3::text::timestamptz + a.width - INTERVAL '1 microsecond') AS last) w
            """, [.text(aggregate.name), .text(orNull: from), .text(orNull: to)])
        func literal(_ column: Int) -> String { window.text(0, column).map { "'\($0)'" } ?? "NULL" }
        for name in [aggregate.base?.name, aggregate.name].compactMap(\.self) {
            try connection.execute(
                "CALL refresh_continuous_aggregate('public.\(name)', \(literal(0)), \(literal(1)))")
        }
    }

    private func refreshKept(
        _ aggregate: Aggregate, from: String?, to: String?, while goesOn: () -> Bool
    ) throws(PostgresError) {
        let source = aggregate.hypertable
        let kept = try inTransaction { () throws(PostgresError) in try lock(source) }
        guard let direct = kept.first, let widest = kept.last else { return }
        let all = kept.map { "SELECT min(bucket), max(bucket) FROM \($0.table)" }
        let window = try connection.query(
            """
            SELECT time_bucket(\(widest.width.sql), greatest($1::text::timestamptz, min(r.first))),
                   time_bucket(\(widest.width.sql), least($2::text::timestamptz, max(r.last) + INTERVAL '1 microsecond')
                       + \(widest.width.exactSQL) - INTERVAL '1 microsecond')
            FROM (SELECT min(time), max(time) FROM public.\(source.name)
                  UNION ALL \(all.joined(separator: " UNION ALL "))) r (first, last)
            """, [.text(orNull: from), .text(orNull: to)])
        guard var start = window.int64(0, 0), let end = window.int64(0, 1) else { return }
        let step = widest.width.span.seconds * 1_000_000
        while start < end, goesOn() {
            let stop = min(start + step, end)
            let bounds: [PostgresValue] = [.timestamp(microseconds: start), .timestamp(microseconds: stop)]
            let notes = try inTransaction { () throws(PostgresError) in
                try connection.query(direct.noteWindow(dependents: Array(kept.dropFirst())), bounds)
                    .affectedRows
            }
            // What was noted before, by writers, is as likely to be taken as what was noted now.
            let waiting = try connection.query(
                """
                SELECT count(*) FROM hyperstep_internal.touched_buckets
                WHERE source = $1 AND bucket >= $2 AND bucket < $3
                """, [.text(source.name)] + bounds
            ).int64(0, 0)
            _ = try refresh(
                source, from: start, to: stop, notes: max(notes, Int(waiting ?? 0)), while: goesOn)
            start = stop
        }
    }
}
