/// How much the chunks of a hypertable or aggregate hold.
public struct ChunkVolume: Sendable, Equatable {
    /// How many there are.
    public var chunks = 0
    /// How many of them are in the columnstore.
    public var compressedChunks = 0
    /// Rows, estimated from statistics and batch counts.
    public var rows = 0.0
    /// Bytes on disk with indexes.
    public var totalBytes: Int64 = 0
    /// Bytes that what is in the columnstore had, or would have had, as rows with indexes; nil if nothing is there, or
    /// nothing to estimate it from.
    public var bytesBefore: Int64?
    /// Bytes that this takes in the columnstore.
    public var bytesAfter: Int64?
    /// Whether ``bytesBefore`` is estimated for some chunks: what direct compress wrote never was rows.
    public var isBeforeEstimated = false

    /// How many times smaller it is in the columnstore.
    public var ratio: Double? {
        guard let bytesBefore, let bytesAfter, bytesAfter > 0 else { return nil }
        return Double(bytesBefore) / Double(bytesAfter)
    }

    /// Nothing.
    public init() {}

    /// - Parameter rows: the estimate for each chunk.
    init(_ facts: [ChunkFacts], rows: [Double], estimate: RowEstimate) {
        chunks = facts.count
        self.rows = rows.reduce(0, +)
        totalBytes = facts.reduce(0) { $0 + $1.totalBytes }
        let compressed = facts.filter(\.isCompressed)
        compressedChunks = compressed.count
        guard !compressed.isEmpty else { return }
        let perRow = Self.rowBytes(facts, rows) ?? estimate.plainRowBytes
        var (before, after) = (0.0, Int64(0))
        for chunk in compressed {
            let columnar = estimate.columnar(chunk)
            guard
                let bytes = chunk.bytesBefore.map(Double.init)
                    ?? perRow.flatMap({ perRow in columnar.map { $0 * perRow } })
            else { continue }
            isBeforeEstimated = isBeforeEstimated || chunk.bytesBefore == nil
            before += bytes
            after += chunk.bytesAfter ?? 0
        }
        bytesAfter = compressed.reduce(0) { $0 + ($1.bytesAfter ?? 0) }
        guard after > 0 else { return }
        // Chunks of which nothing is known are taken to be like the others.
        bytesBefore = Int64(before * Double(bytesAfter ?? after) / Double(after))
    }

    /// What a row takes outside the columnstore, with its share of the indexes; nil where no chunk tells.
    private static func rowBytes(_ facts: [ChunkFacts], _ rows: [Double]) -> Double? {
        var (bytes, count) = (0.0, 0.0)
        for (chunk, rows) in zip(facts, rows) {
            if let before = chunk.bytesBefore, let rows = chunk.compressedRows, rows > 0 {
                bytes += Double(before)
                count += Double(rows)
            } else if !chunk.isCompressed, rows >= 1_000 {
                bytes += Double(chunk.totalBytes)
                count += rows
            }
        }
        return count > 0 ? bytes / count : nil
    }
}
