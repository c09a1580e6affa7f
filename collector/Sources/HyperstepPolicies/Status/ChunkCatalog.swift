import HyperstepPostgres

/// The chunks of Hyperstep's hypertables and aggregates.
struct ChunkCatalog {
    /// In order of time, by the name of their hypertable or aggregate.
    var chunks: [String: [ChunkFacts]] = [:]

    /// The hypertables that hold rows, as `id`, `relation` (Hyperstep's name) and `regclass`; $1 and $2 are the names
    /// of hypertables and of aggregates.
    static let relations = """
        SELECT id, table_name::text AS relation FROM _timescaledb_catalog.hypertable
        WHERE schema_name = 'public' AND table_name::text = ANY ($1)
        UNION ALL
        SELECT mat_hypertable_id, user_view_name::text FROM _timescaledb_catalog.continuous_agg
        WHERE user_view_schema = 'public' AND user_view_name::text = ANY ($2)
        UNION ALL
        SELECT id, table_name::text FROM _timescaledb_catalog.hypertable
        WHERE schema_name = 'hyperstep_internal' AND table_name::text = ANY ($2)
        """

    /// Parameters for ``relations``: all of them.
    static let names = names(Hypertable.allCases, Aggregate.allCases)

    /// Parameters for ``relations``.
    static func names(_ hypertables: [Hypertable], _ aggregates: [Aggregate]) -> [PostgresValue] {
        [.texts(hypertables.map(\.name)), .texts(aggregates.map(\.name))]
    }

    /// Reads the catalog; looks at no row of any chunk.
    init(
        _ connection: PostgresConnection, _ names: [PostgresValue] = Self.names
    ) throws(PostgresError) {
        // Sizes are null, not errors, for a chunk that is dropped meanwhile.
        let rows = try connection.query(
            """
            WITH ours AS MATERIALIZED (\(Self.relations))
            SELECT o.relation, format('%I.%I', c.schema_name, c.table_name),
                   extract(epoch FROM i.range_start)::float8, extract(epoch FROM i.range_end)::float8,
                   i.is_compressed, c.status & 2 <> 0,
                   coalesce(pg_relation_size(k.oid) / current_setting('block_size')::int8, 0),
                   k.reltuples::float8, k.relpages::int8,
                   coalesce(pg_total_relation_size(k.oid), 0) + coalesce(b.after, 0),
                   z.uncompressed_heap_size + z.uncompressed_toast_size + z.uncompressed_index_size,
                   CASE WHEN i.is_compressed THEN b.after END,
                   z.numrows_pre_compression, s.compress_relid::regclass::text
            FROM ours o
            JOIN _timescaledb_catalog.chunk c ON c.hypertable_id = o.id
            JOIN timescaledb_information.chunks i
              ON i.chunk_schema = c.schema_name AND i.chunk_name = c.table_name
            JOIN pg_namespace n ON n.nspname = c.schema_name
            JOIN pg_class k ON k.relnamespace = n.oid AND k.relname = c.table_name
            LEFT JOIN _timescaledb_catalog.compression_settings s ON s.relid = k.oid
            CROSS JOIN LATERAL (SELECT pg_total_relation_size(s.compress_relid) AS after OFFSET 0) b
            LEFT JOIN _timescaledb_catalog.compression_chunk_size z ON z.chunk_id = c.id
            WHERE i.range_start IS NOT NULL
            ORDER BY 3
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
