/// How many chunks of one table a transaction may still touch, and how many rows it may still write where one
/// record becomes many.
///
/// Each chunk costs locks, of which a server has a fixed number for all its connections, and making one takes
/// milliseconds in which nobody else can make one of that table. Many rows take long, and a server ends a
/// statement that takes too long.
struct ChunkBudget {
    private let limit: Int
    private let length: Int64
    private let rowLimit: Int
    private var chunks: Set<Int64> = []
    private var rows = 0

    /// Whether what was taken touches several.
    var isOfMany: Bool { chunks.count > 1 }

    /// - Parameters:
    ///   - limit: chunks at most, 1 or more.
    ///   - length: of a chunk, in nanoseconds.
    ///   - rowLimit: rows after which no further record is taken that becomes several; one always is.
    init(limit: Int, length: Int64, rowLimit: Int = .max) {
        self.limit = limit
        self.length = length
        self.rowLimit = rowLimit
    }

    /// Takes as many of these records as touch no chunk too many.
    ///
    /// - Parameter counts: how many rows each record becomes; empty where each becomes one.
    /// - Returns: where it stops: the end of `rows`, or the first record that does not fit.
    mutating func take(_ times: [Int64], _ rows: Range<Int>, counts: [Int] = []) -> Int {
        let end = counts.isEmpty ? rows.upperBound : takeRows(counts, rows)
        for run in ChunkRuns(times, rows.lowerBound..<end, length: length) {
            if chunks.count >= limit, !chunks.contains(run.chunk) { return run.rows.lowerBound }
            chunks.insert(run.chunk)
        }
        return end
    }

    private mutating func takeRows(_ counts: [Int], _ places: Range<Int>) -> Int {
        for place in places {
            if rows > 0, rows + counts[place] > rowLimit { return place }
            rows += counts[place]
        }
        return places.upperBound
    }
}
