public import HyperstepPostgres

extension ObservedDatabase {
    /// Counts what a person has to know before changes that drop data: only where such changes are due, as it
    /// takes its time on large tables.
    public mutating func measure(
        _ connection: PostgresConnection, for declared: PolicySet
    ) throws(PostgresError) {
        let changes = PolicyPlan.between(declared, self).changes
        for hypertable in hypertables.keys {
            let due = changes.filter { $0.relation == hypertable.name }
            if due.contains(where: \.dropsData), let age = declared[hypertable].retention {
                hypertables[hypertable]?.loss = try DataLoss(connection, hypertable.name, olderThan: age)
            }
            if due.contains(where: { $0.setting == HypertableKey.segmentBy.name })
                || due.contains(where: { $0.setting == HypertableKey.orderBy.name })
            {
                hypertables[hypertable]?.compressedChunks = try Self.compressedChunks(connection, hypertable)
            }
        }
        for aggregate in aggregates.keys {
            let due = changes.filter { $0.relation == aggregate.name && $0.dropsData }
            if due.contains(where: { $0.setting == AggregateKey.retention.name }),
                let age = declared[aggregate].retention
            {
                aggregates[aggregate]?.loss = try DataLoss(
                    connection, aggregate.name, olderThan: age, time: "bucket")
            }
            func isMadeAnew(_ relation: Aggregate) -> Bool {
                changes.contains {
                    $0.dropsData && $0.setting == AggregateKey.bucket.name && $0.relation == relation.name
                }
            }
            let withBase = aggregate.base.map(isMadeAnew) ?? false
            if withBase || isMadeAnew(aggregate) {
                let width = aggregates[aggregate]?.bucket ?? declared[aggregate].bucket
                aggregates[aggregate]?.recreationLoss = try DataLoss(
                    connection, recreating: aggregate, from: withBase ? nil : aggregate.base, bucket: width)
            }
        }
    }

    private static func compressedChunks(
        _ connection: PostgresConnection, _ hypertable: Hypertable
    ) throws(PostgresError) -> Int {
        let rows = try connection.query(
            """
            SELECT count(*) FROM timescaledb_information.chunks
            WHERE hypertable_schema = 'public' AND hypertable_name::text = $1 AND is_compressed
            """, [.text(hypertable.name)])
        return Int(rows.int64(0, 0) ?? 0)
    }
}

extension DataLoss {
    /// What dropping a relation's chunks older than `age` takes now. `relation` is one of Hyperstep's own.
    init(
        _ connection: PostgresConnection, _ relation: String, olderThan age: PolicyDuration,
        time: String = "time"
    ) throws(PostgresError) {
        let chunks = try connection.query(
            """
            SELECT count(*), extract(epoch FROM max(c.range_end))::int8
            FROM public.show_chunks('public.\(relation)'::regclass, older_than => \(age.sql)) AS s (chunk)
            JOIN timescaledb_information.chunks c
              ON format('%I.%I', c.chunk_schema, c.chunk_name)::regclass = s.chunk
            """)
        guard let end = chunks.int64(0, 1) else {
            self.init(.rows(chunks: 0), count: 0, span: nil)
            return
        }
        try self.init(
            connection, .rows(chunks: Int(chunks.int64(0, 0) ?? 0)),
            "SELECT \(time) AS at FROM public.\(relation) WHERE \(time) < to_timestamp(\(end))")
    }

    /// Buckets of an aggregate that are older than the oldest they could be computed from: rows, or buckets of a
    /// base that stays.
    init(
        _ connection: PostgresConnection, recreating aggregate: Aggregate, from base: Aggregate?,
        bucket: PolicyDuration
    ) throws(PostgresError) {
        let oldest =
            base.map { "SELECT min(bucket) FROM public.\($0.name)" }
            ?? "SELECT min(time) FROM public.\(aggregate.hypertable.name)"
        try self.init(
            connection, .buckets,
            """
            SELECT bucket AS at FROM public.\(aggregate.name)
            WHERE bucket <= COALESCE((\(oldest)) - \(bucket.sql), 'infinity')
            """)
    }

    private init(
        _ connection: PostgresConnection, _ unit: Unit, _ moments: String
    ) throws(PostgresError) {
        let row = try connection.query(
            """
            SELECT count(*), to_char(min(at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
                   to_char(max(at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
            FROM (\(moments)) AS gone
            """)
        let span: (from: String, to: String)? =
            if let from = row.text(0, 1), let to = row.text(0, 2) { (from, to) } else { nil }
        self.init(unit, count: row.int64(0, 0) ?? 0, span: span)
    }
}
