import HyperstepPostgres
import SampleData
import Testing

/// A chunk by its name, and that of its compressed form.
private struct Chunk {
    let name: String
    let compressed: String?
    let table: String
    let end: Int64
}

extension SampleDatabase {
    /// Expects that a question reads no chunk that ends before its window, by its plan and by the database's own
    /// count of rows read, which sees inside functions too.
    ///
    /// - Parameter mustExclude: whether there has to be such a chunk of the hypertables it reads.
    func expectExclusion(
        _ question: String, _ variables: [String: String], hours: Int64, mustExclude: Bool = true,
        replacing: (String, String)? = nil
    ) throws {
        var sql = try QuestionSQL.text(question, variables)
        if let replacing { sql = sql.replacing(replacing.0, with: replacing.1) }
        let before = try rowsRead()
        let explained = try connection.query(
            "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, FORMAT JSON) " + sql
        ).text(0, 0)
        let plan = try ExplainedPlan(json: explained ?? "")
        let after = try rowsRead()
        let read = Set(after.filter { $0.value > before[$0.key, default: 0] }.keys)
        let scanned = plan.scanned.union(read)

        let all = try chunks()
        let scannedChunks = all.filter {
            scanned.contains($0.name) || $0.compressed.map(scanned.contains) == true
        }
        let tables = Set(scannedChunks.map(\.table))
        let begin = now - hours * 3_600_000_000
        let outside = all.filter { tables.contains($0.table) && $0.end <= begin }
        #expect(!scannedChunks.isEmpty, "\(question)")
        let wrong = scannedChunks.filter { $0.end <= begin }.map(\.name)
        #expect(wrong.isEmpty, "\(question) reads \(wrong.count) chunks outside its window: \(wrong)")
        #expect(!mustExclude || !outside.isEmpty, "\(question): nothing to exclude")
    }

    private func rowsRead() throws -> [String: Int64] {
        let rows = try connection.query(
            """
            SELECT relname, (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint
            FROM pg_stat_xact_user_tables WHERE relname ~ '_hyper_'
            """)
        return Dictionary(
            uniqueKeysWithValues: (0..<rows.count).map { (rows.text($0, 0) ?? "", rows.int64($0, 1) ?? 0) })
    }

    private func chunks() throws -> [Chunk] {
        let rows = try connection.query(
            """
            SELECT i.chunk_name, k.relname, i.hypertable_name, i.range_end
            FROM timescaledb_information.chunks i
            LEFT JOIN hyperstep_internal.chunk_details() d
                ON d.chunk = format('%I.%I', i.chunk_schema, i.chunk_name)::regclass
            LEFT JOIN pg_class k ON k.oid = d.columnstore
            """)
        return (0..<rows.count).map { row in
            Chunk(
                name: rows.text(row, 0) ?? "", compressed: rows.text(row, 1), table: rows.text(row, 2) ?? "",
                end: rows.int64(row, 3) ?? 0)
        }
    }
}
