/// Which rows of a transaction are compressed on their way into one table, and which are stored as rows.
struct CopyPlan: Equatable {
    /// Rows of one of the parts.
    struct Piece: Equatable {
        let part: Int
        var rows: Range<Int>
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

    /// Compresses the rows of the segments that have at least `minimum` rows in a chunk.
    init(_ parts: [Part], chunkLength: Int64, minimum: Int) {
        self.init(storing: parts)
        // No segment can have more than all.
        guard parts.reduce(0, { $0 + $1.count($1.rows) }) >= minimum else { return }
        var places: [(part: Int, run: ChunkRuns.Run)] = []
        var counts: [Place: Int] = [:]
        for (index, part) in parts.enumerated() {
            for run in ChunkRuns(part.times, part.rows, length: chunkLength) {
                places.append((index, run))
                counts[Place(part.segment, run), default: 0] += part.count(run.rows)
            }
        }
        var (compressed, stored): ([Piece], [Piece]) = ([], [])
        for (index, run) in places {
            let segment = parts[index].segment
            let count = counts[Place(segment, run)] ?? 0
            let piece = Piece(part: index, rows: run.rows)
            if count >= minimum * segment.count { compressed.add(piece) } else { stored.add(piece) }
        }
        // Each piece costs something to begin. So many come of clocks that jump to and fro, and then little
        // is won by compressing.
        guard compressed.count + stored.count <= parts.count + Self.mostCuts else { return }
        (self.compressed, self.stored) = (compressed, stored)
    }

    private static let mostCuts = 256

    /// A segment in a chunk.
    private struct Place: Hashable {
        let segment: Segment
        let chunk: Int64
        init(_ segment: Segment, _ run: ChunkRuns.Run) {
            self.segment = segment
            chunk = run.chunk
        }
    }
}

extension [CopyPlan.Piece] {
    /// Appends a piece, as part of the last one where it continues that.
    fileprivate mutating func add(_ piece: CopyPlan.Piece) {
        if let last, last.part == piece.part, last.rows.upperBound == piece.rows.lowerBound {
            self[count - 1].rows = last.rows.lowerBound..<piece.rows.upperBound
        } else {
            append(piece)
        }
    }
}
