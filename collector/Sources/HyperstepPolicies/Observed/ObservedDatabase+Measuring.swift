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
            WHERE hypertable_schema = \(connection.schema.literal) AND hypertable_name::text = $1 AND is_compressed
            """, [.text(hypertable.name)])
        return Int(rows.int64(0, 0) ?? 0)
    }
}

extension DataLoss {
    /// Chunks that are read in one statement: each takes a lock for itself and one for each of its indexes.
    private static let chunksAtOnce = 50

    /// What dropping a relation's chunks older than `age` takes now. `relation` is one of Hyperstep's own.
    init(
        _ connection: PostgresConnection, _ relation: String, olderThan age: PolicyDuration,
        time: String = "time"
    ) throws(PostgresError) {
        let now = try Self.now(connection)
        let chunks = (try ChunkCatalog(connection).chunks[relation] ?? []).filter {
            $0.end <= now - Double(age.seconds)
        }
        try self.init(connection, .rows(chunks: chunks.count), relation, chunks, time: time)
    }

    /// Buckets of an aggregate that are older than the oldest they could be computed from: rows, or buckets of a
    /// base that stays.
    init(
        _ connection: PostgresConnection, recreating aggregate: Aggregate, from base: Aggregate?,
        bucket: PolicyDuration
    ) throws(PostgresError) {
        let catalog = try ChunkCatalog(connection)
        let input = catalog.chunks[base?.name ?? aggregate.hypertable.name] ?? []
        let oldest = try RowSpan(input, column: base == nil ? "time" : "bucket", connection).oldest
        let bound = oldest.map { $0 - Double(bucket.seconds) } ?? .infinity
        try self.init(
            connection, .buckets, aggregate.name,
            (catalog.chunks[aggregate.name] ?? []).filter { $0.start <= bound }, time: "bucket", until: bound)
    }

    private static func now(_ connection: PostgresConnection) throws(PostgresError) -> Double {
        try connection.query("SELECT extract(epoch FROM now())::float8").double(0, 0) ?? 0
    }

    /// Counts what lies in `chunks`, some at a time: one statement over all would lock all of them.
    private init(
        _ connection: PostgresConnection, _ unit: Unit, _ relation: String, _ chunks: [ChunkFacts],
        time: String,
        until bound: Double = .infinity
    ) throws(PostgresError) {
        var (count, span): (Int64, (from: String, to: String)?) = (0, nil)
        for first in stride(from: 0, to: chunks.count, by: Self.chunksAtOnce) {
            let some = chunks[first..<min(first + Self.chunksAtOnce, chunks.count)]
            guard let start = some.map(\.start).min(), let end = some.map(\.end).max() else { continue }
            // Written out, so that the server leaves out all other chunks when it plans.
            let upTo = bound.isFinite ? " AND \(time) <= to_timestamp(\(bound))" : ""
            let row = try connection.query(
                """
                SELECT count(*), to_char(min(at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
                       to_char(max(at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
                FROM (SELECT \(time) AS at FROM \(connection.schema.sql).\(relation)
                      WHERE \(time) >= to_timestamp(\(start)) AND \(time) < to_timestamp(\(end))\(upTo)) AS gone
                """)
            count += row.int64(0, 0) ?? 0
            if let from = row.text(0, 1), let to = row.text(0, 2) { span = (span?.from ?? from, to) }
        }
        self.init(unit, count: count, span: span)
    }
}
