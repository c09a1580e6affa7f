/// The rows of a batch cut where their chunk changes: rows that follow each other mostly share it.
struct ChunkRuns: Sequence, IteratorProtocol {
    private let times: [Int64]
    private let length: Int64
    private var place: Int
    private let end: Int

    /// Rows that follow each other and are in the same chunk.
    struct Run: Equatable {
        let chunk: Int64
        let rows: Range<Int>
    }

    /// - Parameters:
    ///   - times: of all records, in nanoseconds since 1970.
    ///   - length: of a chunk, in nanoseconds, more than 0.
    init(_ times: [Int64], _ rows: Range<Int>, length: Int64) {
        self.times = times
        self.length = length
        place = rows.lowerBound
        end = rows.upperBound
    }

    mutating func next() -> Run? {
        guard place < end else { return nil }
        let first = place
        let chunk = Self.chunk(times[first], length)
        let start = chunk * length
        repeat { place += 1 } while place < end && times[place] >= start && times[place] - start < length
        return Run(chunk: chunk, rows: first..<place)
    }

    /// The number of the chunk that holds `time`; times before 1970 are not taken by the contract.
    private static func chunk(_ time: Int64, _ length: Int64) -> Int64 { Swift.max(0, time) / length }
}
