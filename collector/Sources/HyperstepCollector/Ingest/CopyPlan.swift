/// Which rows of a transaction are compressed on their way into one table, and which are stored as rows.
struct CopyPlan: Equatable {
    /// Rows of one of the parts.
    struct Piece: Equatable {
        let part: Int
        let rows: Range<Int>
    }

    /// What one batch brings.
    struct Part {
        let segment: Segment
        let times: [Int64]
        let rows: Range<Int>
        /// How many rows of the table each record becomes; empty where each becomes one.
        var counts: [Int] = []

        fileprivate func count(_ rows: Range<Int>) -> Int {
            counts.isEmpty ? rows.count : counts[rows].reduce(0, +)
        }
    }

    /// To be compressed.
    private(set) var compressed: [Piece] = []
    /// To be stored as they are.
    private(set) var stored: [Piece] = []

    /// Stores everything as rows.
    init(storing parts: [Part]) {
        stored = parts.enumerated().map { Piece(part: $0, rows: $1.rows) }
    }

    /// Compresses the rows of the segments that have at least `minimum` rows. For rows of one chunk.
    init(_ parts: [Part], minimum: Int) {
        self.init(storing: parts)
        // No segment can have more than all.
        guard parts.reduce(0, { $0 + $1.count($1.rows) }) >= minimum else { return }
        var counts: [Segment: Int] = [:]
        for part in parts { counts[part.segment, default: 0] += part.count(part.rows) }
        func isCompressed(_ piece: Piece) -> Bool {
            let segment = parts[piece.part].segment
            return (counts[segment] ?? 0) >= minimum * segment.count
        }
        compressed = stored.filter(isCompressed)
        stored.removeAll(where: isCompressed)
    }
}
