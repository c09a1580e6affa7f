/// Positions of a stream that were committed once and that its database has no more.
///
/// A set of ranges: the database may be replaced several times, and what is missing twice is counted once. Ranges are
/// added by their ends in ascending order, since each ends where the stream was committed at that time.
struct MissingPositions {
    /// Ascending, and none touches another.
    private var ranges: [Range<UInt64>] = []

    /// How many positions there are.
    var count: UInt64 { ranges.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) } }

    /// Adds positions. Returns how many of them were not there yet.
    mutating func insert(_ range: Range<UInt64>) -> UInt64 {
        let before = count
        var merged = range
        ranges.removeAll { known in
            guard known.upperBound >= merged.lowerBound, known.lowerBound <= merged.upperBound else {
                return false
            }
            merged =
                min(known.lowerBound, merged.lowerBound)..<max(known.upperBound, merged.upperBound)
            return true
        }
        let place = ranges.firstIndex { $0.lowerBound > merged.lowerBound } ?? ranges.endIndex
        ranges.insert(merged, at: place)
        return count - before
    }
}
