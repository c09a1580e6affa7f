import HyperstepPostgres

/// The chunks of Hyperstep's hypertables and aggregates.
struct ChunkCatalog {
    /// In order of time, by the name of their hypertable or aggregate.
    var chunks: [String: [ChunkFacts]] = [:]

    /// The hypertables that hold rows, as `relation` (Hyperstep's name), `rows_namespace` and `rows_name`; $1 and $2 are
    /// the names of hypertables and of aggregates.
    static let relations = """
        SELECT relation, rows_namespace, rows_name FROM hyperstep_internal.managed_hypertables()
        WHERE relation = ANY (CASE WHEN NOT is_continuous AND rows_namespace <> 'hyperstep_internal' THEN $1::text[] ELSE $2::text[] END)
        """

    /// Parameters for ``relations``: all of them.
    static let names = names(Hypertable.allCases, Aggregate.allCases)

    /// Parameters for ``relations``.
    static func names(_ hypertables: [Hypertable], _ aggregates: [Aggregate]) -> [PostgresValue] {
        [.texts(hypertables.map(\.name)), .texts(aggregates.map(\.name))]
    }

    /// Reads the catalog; looks at no row of any chunk. Empty before the migration that brings the functions for it.
    init(
        _ connection: PostgresConnection, _ names: [PostgresValue] = Self.names
    ) throws(PostgresError) {
        guard try connection.hasCatalogFunctions() else { return }
        let rows = try connection.query(
            """
            SELECT relation, qualified_name, extract(epoch FROM range_start)::float8,
                   extract(epoch FROM range_end)::float8, is_compressed, is_unordered, pages, analyzed_rows::float8,
                   analyzed_pages::int8, bytes, bytes_before, bytes_after, rows_before, columnstore::text
            FROM hyperstep_internal.managed_chunks($1, $2) ORDER BY 3
            """, names)
        for row in 0..<rows.count {
            guard let relation = rows.text(row, 0), let chunk = ChunkFacts(rows, row) else { continue }
            chunks[relation, default: []].append(chunk)
        }
    }
}

extension ChunkFacts {
    fileprivate init?(_ rows: PostgresResult, _ row: Int) {
        guard let name = rows.text(row, 1), let start = rows.double(row, 2), let end = rows.double(row, 3)
        else { return nil }
        self.init(name: name, start: start, end: end)
        isCompressed = rows.bool(row, 4) ?? false
        isUnordered = rows.bool(row, 5) ?? false
        pages = rows.int64(row, 6) ?? 0
        analyzedRows = rows.double(row, 7) ?? -1
        analyzedPages = rows.int64(row, 8) ?? 0
        totalBytes = rows.int64(row, 9) ?? 0
        bytesBefore = rows.int64(row, 10)
        bytesAfter = rows.int64(row, 11)
        compressedRows = rows.int64(row, 12)
        columnstore = rows.text(row, 13)
    }
}
