public import HyperstepPostgres

extension AggregateRefresher {
    /// Computes a window of an aggregate anew from what is there now, however it is kept; its base before it.
    ///
    /// Where the collector keeps it, all aggregates of its hypertable are computed. Buckets whose rows were dropped
    /// are left as they are.
    ///
    /// Where the database keeps it, buckets younger than the declared ``AggregatePolicy/refreshEnd`` are left out,
    /// whatever `to` says: a real-time aggregate computes from the rows only what is newer than its newest computed
    /// bucket, so that rows which come later into a bucket that was computed too early are not shown. Where an
    /// aggregate is computed further than that already, it is computed as far as it is. One that the collector keeps
    /// shows later rows wherever they come, since their writers note them, and is computed to the newest row.
    ///
    /// - Parameters:
    ///   - from: where the window begins, in any form that PostgreSQL reads; nil: with the oldest row. Widened to
    ///     whole buckets.
    ///   - to: where it ends, not included; nil: as late as it may.
    ///   - declared: says how old a bucket is before it is computed.
    ///   - goesOn: asked between steps of about a day, where the collector keeps it.
    /// - Returns: where the window ended, as PostgreSQL writes a time; nil if there was nothing to compute.
    /// - Throws: ``PostgresError``: of kind `retryable` where somebody else refreshes the same window for more than a
    ///   minute, of kind `data` where a time cannot be read, of kind `schema` where there is no such
    ///   aggregate or the role does not own it. A window of many rows takes long: give the connection an operation
    ///   timeout to suit.
    @discardableResult
    public func refreshWindow(
        _ aggregate: Aggregate, from: String?, to: String?, declared: PolicySet = .standard,
        while goesOn: () -> Bool = { true }
    ) throws(PostgresError) -> String? {
        switch try AggregateKind.of(aggregate, connection) {
        case .continuous: return try refreshContinuous(aggregate, from: from, to: to, declared)
        case .kept: return try refreshKept(aggregate, from: from, to: to, while: goesOn)
        case nil:
            throw PostgresError(
                kind: .schema,
                message:
                    "refreshing \(aggregate.name): there is no such aggregate; hyperstep-collector migrate makes it"
            )
        }
    }

    /// A refresh computes a bucket from what is there: of one whose rows were dropped nothing would be left. So
    /// each aggregate's window begins with the first bucket that is whole in the oldest chunk of what it is made of,
    /// and not before what is kept: late rows make chunks where others were dropped.
    private func refreshContinuous(
        _ aggregate: Aggregate, from: String?, to: String?, _ declared: PolicySet
    ) throws(PostgresError) -> String? {
        var end: String?
        for one in [aggregate.base, aggregate].compactMap(\.self) {
            let window = try connection.query(
                """
                SELECT greatest(time_bucket(w.one, time_bucket(w.whole, $3::text::timestamptz)),
                                time_bucket(w.one, greatest(o.start, k.start) + w.one - INTERVAL '1 microsecond'))::text,
                       least(time_bucket(w.whole, $4::text::timestamptz + w.whole - INTERVAL '1 microsecond'),
                             greatest(time_bucket(w.one, now() - \(declared[one].refreshEnd.exactSQL)), c.until))::text
                FROM (SELECT hyperstep_internal.bucket_width($1), hyperstep_internal.bucket_width($2)) w (one, whole)
                CROSS JOIN LATERAL (
                    SELECT min(c.range_start) AS start FROM timescaledb_information.chunks c
                    WHERE (c.hypertable_schema::text, c.hypertable_name::text) = \(input(of: one))) o
                CROSS JOIN LATERAL (
                    SELECT max(now() - (j.config ->> 'drop_after')::interval) AS start
                    FROM timescaledb_information.jobs j
                    WHERE j.proc_name = 'policy_retention'
                      AND ((j.hypertable_schema::text, j.hypertable_name::text) = \(input(of: one))
                           OR (j.hypertable_schema::text, j.hypertable_name::text)
                              = (\(connection.schema.literal), '\(one.base?.name ?? one.hypertable.name)'))) k
                CROSS JOIN LATERAL (
                    SELECT max(to_timestamp(a.computed_until)) AS until
                    FROM hyperstep_internal.aggregate_watermarks() a WHERE a.relation = $1) c
                WHERE o.start IS NOT NULL AND ($4::text IS NULL OR o.start < $4::text::timestamptz)
                """, [.text(one.name), .text(aggregate.name), .text(orNull: from), .text(orNull: to)])
            guard window.count == 1, let first = window.text(0, 0), let last = window.text(0, 1),
                try !isEmpty(first, last)
            else { continue }
            try inTurn(
                "CALL refresh_continuous_aggregate('\(connection.schema.sql).\(one.name)', '\(first)', '\(last)')"
            )
            if one == aggregate { end = last }
        }
        return end
    }

    /// While somebody else refreshes a part of the window, a job of the database's own for instance, TimescaleDB refuses
    /// to: there is no lock to wait for, so it is tried again, for a minute.
    private func inTurn(_ refresh: String) throws(PostgresError) {
        for attempt in 1... {
            do throws(PostgresError) {
                return try connection.execute(refresh)
            } catch {
                guard error.code == "55P03", attempt < 240 else { throw error }
            }
            try connection.execute("SELECT pg_sleep(0.25)")
        }
    }

    /// Schema and name of the hypertable whose rows `aggregate` is computed from.
    private func input(of aggregate: Aggregate) -> String {
        guard let base = aggregate.base else {
            return "(\(connection.schema.literal), '\(aggregate.hypertable.name)')"
        }
        return """
            (SELECT materialization_hypertable_schema::text, materialization_hypertable_name::text
             FROM timescaledb_information.continuous_aggregates
             WHERE view_schema = \(connection.schema.literal) AND view_name = '\(base.name)')
            """
    }

    private func isEmpty(_ first: String, _ last: String) throws(PostgresError) -> Bool {
        try connection.query("SELECT $1::timestamptz >= $2::timestamptz", [.text(first), .text(last)])
            .bool(0, 0) ?? true
    }

    private func refreshKept(
        _ aggregate: Aggregate, from: String?, to: String?, while goesOn: () -> Bool
    ) throws(PostgresError) -> String? {
        let source = aggregate.hypertable
        let kept = try inTransaction { () throws(PostgresError) in try lock(source) }
        guard let direct = kept.first, let widest = kept.last else { return nil }
        // Where rows can be: to ask the tables for them would lock all of their chunks.
        let tables =
            ["(\(connection.schema.literal), '\(source.name)')"]
            + kept.map { "('hyperstep_internal', '\($0.definition.aggregate.name)')" }
        let window = try connection.query(
            """
            SELECT w.start, w.until, w.until::text
            FROM (SELECT time_bucket(\(widest.width.sql), greatest($1::text::timestamptz, min(r.first))) AS start,
                         time_bucket(\(widest.width.sql),
                                     least($2::text::timestamptz, max(r.last))
                                     + \(widest.width.exactSQL) - INTERVAL '1 microsecond') AS until
                  FROM (SELECT c.range_start, c.range_end FROM timescaledb_information.chunks c
                        WHERE (c.hypertable_schema::text, c.hypertable_name::text)
                              IN (\(tables.joined(separator: ", ")))) r (first, last)) w
            """, [.text(orNull: from), .text(orNull: to)])
        guard var start = window.int64(0, 0), let end = window.int64(0, 1), start < end else { return nil }
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
        return window.text(0, 2)
    }
}
