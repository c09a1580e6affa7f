/// How many chunks of one table a transaction may still touch.
///
/// Each chunk costs locks, of which a server has a fixed number for all its connections, and making one takes
/// milliseconds in which nobody else can make one of that table.
struct ChunkBudget {
    private let limit: Int
    private let length: Int64
    private var chunks: Set<Int64> = []

    /// - Parameters:
    ///   - limit: chunks at most, 1 or more.
    ///   - length: of a chunk, in nanoseconds.
    init(limit: Int, length: Int64) {
        self.limit = limit
        self.length = length
    }

    /// Takes as many of these rows as touch no chunk too many.
    ///
    /// - Returns: where it stops: the end of `rows`, or the first row that does not fit.
    mutating func take(_ times: [Int64], _ rows: Range<Int>) -> Int {
        for run in ChunkRuns(times, rows, length: length) {
            if chunks.count >= limit, !chunks.contains(run.chunk) { return run.rows.lowerBound }
            chunks.insert(run.chunk)
        }
        return rows.upperBound
    }
}
