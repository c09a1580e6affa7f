import Synchronization

/// The first page of an area of series, of monitors as of instruments:
///
///     0     count u64: how many series are whole          256   dropped u64: calls after the end
///     128   sealed u64: 1 once recording has ended         384   seen u64: when the program last lived
///     512   blocks u64: how many blocks of buckets are taken, where the area has such
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
}
