import HyperstepPostgres

/// How many rows chunks hold, without reading a large table.
///
/// Rows in the row store are its pages times the rows on a page, known from ANALYZE or from the first pages of the
/// chunk. Rows in the columnstore are what compression counted, or what its batches say.
struct RowEstimate {
    /// Rows in the columnstore by a chunk's name, where its batches were asked.
    var counted: [String: Int64] = [:]
    /// Rows on a page by a chunk's name, where its first pages were read.
    var sampled: [String: Double] = [:]

    /// Bytes that a row would take outside the columnstore with its share of the indexes, by columns and index keys;
    /// asked where no chunk tells.
    var plainRowBytes: Double?

    /// Pages of a chunk that are read for a sample: 2 MiB.
    static let samplePages = 256
    /// Chunks of one relation that are asked, the newest ones; the others are taken to be like them.
    static let most = 64
    /// Rows on a page where nothing is known at all.
    static let plainRowsPerPage = 60.0

    /// Nothing known but the catalog.
    init() {}

    /// Asks the chunks of which the catalog does not say enough.
    init(_ chunks: [ChunkFacts], _ connection: PostgresConnection) throws(PostgresError) {
        let count = chunks.filter(\.needsCount).suffix(Self.most).map { ($0.name, Self.columnarRows($0)) }
        for (name, rows) in try Self.ask(connection, count) { counted[name] = Int64(rows) }
        let sample = chunks.filter(\.needsSample).suffix(Self.most).map { chunk in
            let pages = min(chunk.pages, Int64(Self.samplePages))
            return (
                chunk.name,
                """
                (SELECT count(*)::float8 / \(pages) FROM ONLY \(chunk.name)
                 WHERE ctid < '(\(pages),0)'::tid)
                """
            )
        }
        sampled = try Self.ask(connection, sample)
        let isTold = chunks.contains { $0.compressedRows != nil || !$0.isCompressed && $0.pages > 0 }
        if !isTold, let chunk = chunks.last(where: \.isCompressed) {
            plainRowBytes = try Self.ask(connection, [(chunk.name, Self.rowBytes(chunk))])[chunk.name]
        }
    }

    /// Rows in the columnstore: the sum of its batches, or TimescaleDB's estimate where the columnstore's table cannot be
    /// told. That one is of the whole chunk.
    private static func columnarRows(_ chunk: ChunkFacts) -> String {
        if let columnstore = chunk.columnstore {
            return "(SELECT sum(_ts_meta_count)::float8 FROM \(columnstore))"
        }
        return
            "greatest(0, approximate_row_count('\(chunk.name)') - \(max(0, chunk.analyzedRows)))::float8"
    }

    /// The mean of some rows as they would be in a heap, and an entry in each index of the chunk: 8 bytes of header,
    /// 4 of line pointer, a page nine tenths full.
    private static func rowBytes(_ chunk: ChunkFacts) -> String {
        """
        (SELECT avg((pg_column_size(r) + 7) / 8 * 8 + 4)::float8 FROM (SELECT * FROM \(chunk.name) LIMIT 1000) AS r)
        + (SELECT coalesce(sum((12 + keys) / 0.9), 0)::float8 FROM (
               SELECT (sum(CASE WHEN a.attlen > 0 THEN a.attlen ELSE 16 END) + 7) / 8 * 8 AS keys FROM pg_index x
               JOIN pg_attribute a ON a.attrelid = x.indexrelid
               WHERE x.indrelid = '\(chunk.name)'::regclass GROUP BY x.indexrelid) AS i)
        """
    }

    /// Values by name, a few expressions to a statement; those that may not be asked are left out.
    private static func ask(
        _ connection: PostgresConnection, _ expressions: [(name: String, sql: String)]
    ) throws(PostgresError) -> [String: Double] {
        var values: [String: Double] = [:]
        for start in stride(from: 0, to: expressions.count, by: 16) {
            let some = expressions[start..<min(start + 16, expressions.count)]
            do {
                let row = try connection.query("SELECT " + some.map(\.sql).joined(separator: ", "))
                for (column, expression) in some.enumerated() {
                    values[expression.name] = row.double(0, column)
                }
            } catch  where error.kind == .schema || error.code == "57014" {
                // A chunk that is gone by now, a role that may not read it, or a statement that took too long:
                // these are estimated from the others.
                continue
            }
        }
        return values
    }

    /// Rows of each chunk, in the order given.
    func rows(_ chunks: [ChunkFacts]) -> [Double] {
        let perPage = rowsPerPage(chunks)
        let perByte = rowsPerByte(chunks)
        return chunks.map { chunk in
            let inRows = Double(chunk.pages) * (density(chunk) ?? perPage)
            guard chunk.isCompressed else { return inRows }
            return inRows + (columnar(chunk) ?? Double(chunk.bytesAfter ?? 0) * perByte)
        }
    }

    /// Rows in the columnstore; nil where nobody counted.
    func columnar(_ chunk: ChunkFacts) -> Double? {
        (counted[chunk.name] ?? chunk.compressedRows).map(Double.init)
    }

    private func density(_ chunk: ChunkFacts) -> Double? {
        chunk.needsSample ? sampled[chunk.name] : chunk.analyzedRows / Double(max(1, chunk.analyzedPages))
    }

    /// The mean of the chunks that are known.
    private func rowsPerPage(_ chunks: [ChunkFacts]) -> Double {
        let known = chunks.filter { $0.pages > 0 && density($0) != nil }
        let pages = known.reduce(0) { $0 + Double($1.pages) }
        let rows = known.reduce(0) { $0 + Double($1.pages) * (density($1) ?? 0) }
        return pages > 0 ? rows / pages : Self.plainRowsPerPage
    }

    /// Of compressed bytes, in the chunks that are known.
    private func rowsPerByte(_ chunks: [ChunkFacts]) -> Double {
        let known = chunks.filter { columnar($0) != nil }
        let bytes = known.reduce(0) { $0 + Double($1.bytesAfter ?? 0) }
        let rows = known.reduce(0) { $0 + (columnar($1) ?? 0) }
        return bytes > 0 ? rows / bytes : 0
    }
}
