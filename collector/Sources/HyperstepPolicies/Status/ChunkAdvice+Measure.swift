public import HyperstepPostgres

extension ChunkAdvice {
    /// Measures how many rows come into each hypertable, and advises.
    ///
    /// It reads the catalog, at most 2 MiB of each of the newest chunks, and the batch counts of those in the
    /// columnstore: never a whole table.
    ///
    /// - Returns: advice for each of `hypertables` that exists.
    public static func measure(
        _ connection: PostgresConnection, _ hypertables: [Hypertable] = Hypertable.allCases
    ) throws(PostgresError) -> [Hypertable: ChunkAdvice] {
        let names = ChunkCatalog.names(hypertables, [])
        let catalog = try ChunkCatalog(connection, names)
        let intervals = try ChunkIntervals(connection)
        var advice: [Hypertable: ChunkAdvice] = [:]
        for hypertable in hypertables {
            guard let current = intervals.of[hypertable.name] else { continue }
            let chunks = recent(catalog.chunks[hypertable.name] ?? [], now: intervals.now)
            let rows = try RowEstimate(chunks, connection).rows(chunks)
            advice[hypertable] = ChunkAdvice(
                current: current, chunks: chunks, rows: rows, oldest: catalog.chunks[hypertable.name]?.first,
                now: intervals.now)
        }
        return advice
    }

    /// The newest complete ones, and what is newer: late rows leave empty chunks aside, so a few more than needed.
    static func recent(_ chunks: [ChunkFacts], now: Double) -> [ChunkFacts] {
        chunks.filter { $0.end <= now }.suffix(most + 4) + chunks.filter { $0.start <= now && now < $0.end }
    }

    /// Judges by chunks and their rows; `oldest` is the first chunk there is.
    init(current: PolicyDuration, chunks: [ChunkFacts], rows: [Double], oldest: ChunkFacts?, now: Double) {
        var loads = zip(chunks, rows).map { ChunkLoad(start: $0.start, end: $0.end, rows: $1) }
        if let oldest { loads.append(ChunkLoad(start: oldest.start, end: oldest.end, rows: 0)) }
        self.init(current: current, loads: loads, now: now)
    }
}

/// The span of chunks made from now on, and what time it is there.
struct ChunkIntervals {
    var of: [String: PolicyDuration] = [:]
    var now: Double

    init(_ connection: PostgresConnection) throws(PostgresError) {
        let rows = try connection.query(
            """
            WITH ours AS MATERIALIZED (\(ChunkCatalog.relations))
            SELECT o.relation, extract(epoch FROM d.time_interval)::int8,
                   extract(epoch FROM statement_timestamp())::float8
            FROM (SELECT) AS one LEFT JOIN ours o ON true
            LEFT JOIN timescaledb_information.dimensions d
              ON d.hypertable_schema = o.rows_namespace AND d.hypertable_name = o.rows_name
             AND d.dimension_number = 1
            """, ChunkCatalog.names)
        now = rows.count > 0 ? rows.double(0, 2) ?? 0 : 0
        for row in 0..<rows.count {
            guard let relation = rows.text(row, 0), let seconds = rows.int64(row, 1), seconds > 0 else {
                continue
            }
            of[relation] = PolicyDuration(seconds: seconds)
        }
    }
}
