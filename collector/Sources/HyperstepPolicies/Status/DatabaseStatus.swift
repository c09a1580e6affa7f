public import HyperstepPostgres

/// What a database holds and how its policies are kept: what `policies status` shows.
public struct DatabaseStatus: Sendable, Equatable {
    /// Which TimescaleDB it runs.
    public var edition: Edition
    /// TimescaleDB's version, as `2.28.3`; empty without the extension.
    public var timescaleVersion: String
    /// PostgreSQL's version as it numbers it, 150020 for 15.20.
    public var serverVersion: Int
    /// Bytes on disk of the whole database.
    public var bytes: Int64
    /// Seconds since 1970 when it was read, by the database's clock.
    public var now: Double
    /// Those that exist, in the order of ``Hypertable``.
    public var hypertables: [HypertableStatus]
    /// Those that exist, in the order of ``Aggregate``.
    public var aggregates: [AggregateStatus]
    /// All jobs of the database but TimescaleDB's own, and the collector's tasks.
    public var jobs: [JobStatus]

    /// Asks the database; changes nothing. One that was not migrated by this collector's release has nothing to show.
    ///
    /// It takes time with the number of chunks, not with the number of rows. Give the connection a
    /// `statement_timeout` all the same.
    public init(_ connection: PostgresConnection) throws(PostgresError) {
        try self.init(connection, ChunkCatalog(connection))
    }

    init(_ connection: PostgresConnection, _ catalog: ChunkCatalog) throws(PostgresError) {
        let server = try connection.query(
            """
            SELECT \(Edition.licenseSQL),
                   coalesce((SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'), ''),
                   pg_database_size(current_database())
            """)
        edition = Edition(license: server.text(0, 0))
        timescaleVersion = server.text(0, 1) ?? ""
        serverVersion = connection.serverVersion
        bytes = server.int64(0, 2) ?? 0
        (hypertables, aggregates, jobs) = ([], [], [])
        guard try connection.hasCatalogFunctions() else {
            now =
                try connection.query("SELECT extract(epoch FROM statement_timestamp())::float8").double(0, 0)
                ?? 0
            return
        }
        let intervals = try ChunkIntervals(connection)
        now = intervals.now
        var spans: [Hypertable: RowSpan] = [:]
        for hypertable in Hypertable.allCases {
            guard let interval = intervals.of[hypertable.name] else { continue }
            let chunks = catalog.chunks[hypertable.name] ?? []
            let span = try RowSpan(chunks, column: "time", connection)
            spans[hypertable] = span
            hypertables.append(
                try Self.status(hypertable, chunks, span, interval, now: intervals.now, connection))
        }
        aggregates = try AggregateReader.aggregates(
            connection, catalog: catalog, spans: spans, now: intervals.now)
        jobs = try JobReader.jobs(connection)
    }

    private static func status(
        _ hypertable: Hypertable, _ chunks: [ChunkFacts], _ span: RowSpan, _ interval: PolicyDuration,
        now: Double, _ connection: PostgresConnection
    ) throws(PostgresError) -> HypertableStatus {
        let estimate = try RowEstimate(chunks, connection)
        let rows = estimate.rows(chunks)
        let recent = Set(ChunkAdvice.recent(chunks, now: now).map(\.name))
        let pairs = zip(chunks, rows).filter { recent.contains($0.0.name) }
        return HypertableStatus(
            hypertable: hypertable, volume: ChunkVolume(chunks, rows: rows, estimate: estimate),
            oldest: span.oldest, newest: span.newest, isSpanExact: span.isExact, chunkInterval: interval,
            advice: ChunkAdvice(
                current: interval, chunks: pairs.map(\.0), rows: pairs.map(\.1), oldest: chunks.first,
                now: now))
    }

    /// What a person should know beside the figures, with what to do about it.
    public var notes: [String] {
        aggregates.compactMap { AheadNote($0, now: now) }.map { "\($0.found): \($0.remedy)" }
            + (edition == .apache ? [CompressionNote.text] : [])
    }
}

/// What there is to say where there is no compression.
enum CompressionNote {
    static let found = "compression is not available in TimescaleDB's Apache edition; everything else works"
    static let remedy = """
        run the Community edition (Timescale's packages or images, not Debian's or a managed cloud's) for about a \
        tenth of the space, or declare a retention
        """
    static let text = "\(found): \(remedy)"
}
