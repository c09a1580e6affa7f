import HyperstepPostgres

/// Reads which aggregates there are and how far they are computed.
enum AggregateReader {
    /// - Parameters:
    ///   - catalog: the chunks of all relations.
    ///   - spans: the rows of the hypertables.
    static func aggregates(
        _ connection: PostgresConnection, catalog: ChunkCatalog, spans: [Hypertable: RowSpan], now: Double
    ) throws(PostgresError) -> [AggregateStatus] {
        var found = try continuous(connection) + kept(connection)
        let hasWatermarks = try connection.query("SELECT hyperstep_internal.catalog_reads('watermarks')")
            .bool(0, 0)
        for index in found.indices {
            let aggregate = found[index].aggregate
            let chunks = catalog.chunks[aggregate.name] ?? []
            let estimate = try RowEstimate(chunks, connection)
            found[index].volume = ChunkVolume(chunks, rows: estimate.rows(chunks), estimate: estimate)
            // What is computed ends with the newest bucket; TimescaleDB's own word on it is as good, and quicker.
            if found[index].kind == .kept || hasWatermarks != true {
                let span = try RowSpan(chunks, column: "bucket", connection)
                found[index].computedUntil = span.newest.map {
                    $0 + Double(found[index].bucket.seconds)
                }
            }
            found[index].lag = AggregateStatus.lag(
                span: spans[aggregate.hypertable] ?? RowSpan(), computedUntil: found[index].computedUntil,
                now: now)
        }
        return found.sorted { order($0.aggregate) < order($1.aggregate) }
    }

    private static func order(_ aggregate: Aggregate) -> Int {
        Aggregate.allCases.firstIndex(of: aggregate) ?? 0
    }

    private static func continuous(
        _ connection: PostgresConnection
    ) throws(PostgresError) -> [AggregateStatus] {
        let rows = try connection.query(
            """
            SELECT i.view_name::text, extract(epoch FROM hyperstep_internal.bucket_width(i.view_name::text))::int8,
                   i.materialized_only, w.computed_until
            FROM timescaledb_information.continuous_aggregates i
            LEFT JOIN hyperstep_internal.aggregate_watermarks() w ON w.relation = i.view_name::text
            WHERE i.view_schema = \(connection.schema.literal) AND i.view_name::text = ANY ($1)
            """, [ChunkCatalog.names[1]])
        return statuses(rows, .continuous)
    }

    /// Those of the collector; none before the migration that makes their table.
    private static func kept(_ connection: PostgresConnection) throws(PostgresError) -> [AggregateStatus] {
        guard try connection.exists("hyperstep_internal.kept_aggregates") else { return [] }
        let rows = try connection.query(
            """
            SELECT k.aggregate, extract(epoch FROM k.width)::int8, NOT k.is_real_time, NULL::float8,
                   (SELECT count(*) FROM (SELECT FROM hyperstep_internal.touched_buckets t
                                          WHERE t.source = k.source LIMIT $1) AS waiting)
            FROM hyperstep_internal.kept_aggregates k
            """, [.int64(AggregateStatus.mostWaiting)])
        return statuses(rows, .kept)
    }

    private static func statuses(_ rows: PostgresResult, _ kind: AggregateKind)
        -> [AggregateStatus]
    {
        (0..<rows.count).compactMap { row in
            guard let aggregate = rows.text(row, 0).flatMap(Aggregate.init(rawValue:)),
                let seconds = rows.int64(row, 1), seconds > 0
            else { return nil }
            return AggregateStatus(
                aggregate: aggregate, kind: kind, bucket: PolicyDuration(seconds: seconds),
                isRealTime: rows.bool(row, 2) == false, volume: ChunkVolume(),
                computedUntil: rows.double(row, 3),
                lag: nil, waiting: kind == .kept ? rows.int64(row, 4) : nil)
        }
    }
}
