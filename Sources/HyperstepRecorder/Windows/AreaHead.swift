import Synchronization

/// The first page of an area of series, of monitors as of instruments:
///
///     0     count u64: how many series are whole          256   dropped u64: calls after the end
///     128   sealed u64: 1 once recording has ended         384   seen u64: when the program last lived
///     512   blocks u64: how many blocks of buckets are taken, where the area has such
///     640   bucketless u64: numbers that had none, since there was no block for them
///
/// Unchecked: the words are atomics, each on a cache line of its own, in memory that outlives the head.
struct AreaHead: @unchecked Sendable {
    static let bytes = 4_096

    let start: UnsafeMutableRawPointer

    private func word(_ offset: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (start + offset).bindMemory(to: Atomic<UInt64>.self, capacity: 1)
    }

    var count: UnsafeMutablePointer<Atomic<UInt64>> { word(0) }
    var sealed: UnsafeMutablePointer<Atomic<UInt64>> { word(128) }
    var dropped: UnsafeMutablePointer<Atomic<UInt64>> { word(256) }
    var seen: UnsafeMutablePointer<Atomic<UInt64>> { word(384) }
    var blocks: UnsafeMutablePointer<Atomic<UInt64>> { word(512) }
    var bucketless: UnsafeMutablePointer<Atomic<UInt64>> { word(640) }

    /// Makes the head of an orphan's area readable, whatever its bytes are: recording has ended, and there are at
    /// most as many series as fit. `isWhole`: whether the series of a number has its identity.
    ///
    /// - Returns: how many series there are.
    func mend(capacity: Int, isWhole: (Int) -> Bool, _ report: (_ expected: String, _ found: String) -> Void)
        -> Int
    {
        // Plain stores would do: the memory is ours alone, and atomics are the only way to it.
        sealed.pointee.store(1, ordering: .relaxed)
        let found = count.pointee.load(ordering: .relaxed)
        guard found > capacity else { return Int(found) }
        report("at most \(capacity) series", "a count of \(found)")
        let whole = (0..<capacity).prefix(while: isWhole).count
        count.pointee.store(UInt64(whole), ordering: .relaxed)
        return whole
    }
}
