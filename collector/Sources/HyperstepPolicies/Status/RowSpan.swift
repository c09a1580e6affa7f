import HyperstepPostgres

/// The oldest and the newest row of a relation, from its first and last chunks alone.
struct RowSpan: Sendable, Equatable {
    /// Seconds since 1970.
    var oldest: Double?
    /// Seconds since 1970.
    var newest: Double?
    /// Whether rows were asked; else these are the bounds of chunks.
    var isExact = true

    /// A chunk with more pages than this, 128 MiB, is read at its beginning and end alone.
    static let mostPages: Int64 = 16_384

    /// Nothing known.
    init(oldest: Double? = nil, newest: Double? = nil, isExact: Bool = true) {
        self.oldest = oldest
        self.newest = newest
        self.isExact = isExact
    }

    /// - Parameter column: the name of the time.
    init(_ chunks: [ChunkFacts], column: String, _ connection: PostgresConnection) throws(PostgresError) {
        self.init()
        let filled = chunks.filter { $0.pages > 0 || $0.isCompressed }
        guard let first = filled.first, let last = filled.last else { return }
        do {
            oldest = try Self.ask("min", column, first, connection)
            newest = try Self.ask("max", column, last, connection)
            isExact = Self.isSmall(first) && Self.isSmall(last)
        } catch  where error.kind == .schema || error.code == "57014" {
            // Not to be read by this role, dropped meanwhile, or too slow: where the chunks lie is near enough.
            (oldest, newest, isExact) = (first.start, last.end, false)
        }
    }

    private static func isSmall(_ chunk: ChunkFacts) -> Bool { chunk.pages <= mostPages }

    private static func ask(
        _ extreme: String, _ column: String, _ chunk: ChunkFacts, _ connection: PostgresConnection
    ) throws(PostgresError) -> Double? {
        let (head, tail) = (mostPages / 8, max(0, chunk.pages - mostPages / 8))
        let part =
            isSmall(chunk)
            ? "" : " WHERE ctid < '(\(head),0)'::tid OR ctid >= '(\(tail),0)'::tid"
        return try connection.query(
            "SELECT extract(epoch FROM \(extreme)(\"\(column)\"))::float8 FROM \(chunk.name)\(part)"
        ).double(0, 0)
    }
}
