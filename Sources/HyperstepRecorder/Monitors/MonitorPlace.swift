import Synchronization

/// The monitors' area as bytes in the file: a page of its own, then each series' place.
///
///     0     count u64: how many series are whole          256   dropped u64: calls after the end
///     128   sealed u64: 1 once recording has ended         384   seen u64: when the program last lived
///     4096  series, ``SeriesPlace/bytes`` each
///
/// A series is written once, before the count that includes it is stored, releasing. With a capacity of 0 there
/// is no area, and `start` is never looked at.
struct MonitorPlace: @unchecked Sendable {
    /// Copies of a series' counters, so that threads do not wait for each other's cache lines.
    static let stripes = 4
    static let counters = MonitorCounter.count
    private static let headBytes = 4_096

    let start: UnsafeMutableRawPointer
    let capacity: Int

    static func areaBytes(capacity: Int) -> Int {
        capacity == 0 ? 0 : headBytes + capacity * SeriesPlace.bytes
    }

    private func word(_ offset: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (start + offset).bindMemory(to: Atomic<UInt64>.self, capacity: 1)
    }

    var count: UnsafeMutablePointer<Atomic<UInt64>> { word(0) }
    var sealed: UnsafeMutablePointer<Atomic<UInt64>> { word(128) }
    var dropped: UnsafeMutablePointer<Atomic<UInt64>> { word(256) }
    var seen: UnsafeMutablePointer<Atomic<UInt64>> { word(384) }

    func series(_ index: Int) -> SeriesPlace {
        SeriesPlace(start: start + Self.headBytes + index * SeriesPlace.bytes)
    }
}

/// One series as bytes in the file, whole pages:
///
///     0      identity: length u32, CRC32C u32 of the bytes, up to 1,024 bytes
///     4096   stripes: each the counters u64, on cache lines of their own. Only ever added to, by anyone.
///     …      two snapshots of what was taken (``TakenPlace``). Only touched by whoever takes windows, under the
///            lock of ``Monitors``.
struct SeriesPlace: @unchecked Sendable {
    static let maximumIdentity = 1_024
    private static let identityOffset = 8
    private static let stripesOffset = 4_096
    private static let stripeWords = (MonitorCounter.count + 15) & ~15
    private static let snapshotsOffset = stripesOffset + MonitorPlace.stripes * stripeWords * 8
    static let bytes = FileLayout.wholePages(snapshotsOffset + 2 * TakenPlace.bytes)

    let start: UnsafeMutableRawPointer

    /// A counter of one stripe.
    @inline(__always)
    func counter(_ number: Int, stripe: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (start + (Self.stripesOffset &+ (stripe &* Self.stripeWords &+ number) &* 8))
            .assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// The pages that recording writes to.
    var hotBytes: Int { Self.snapshotsOffset }

    var snapshots: [TakenPlace] {
        (0..<2).map { TakenPlace(start: start + Self.snapshotsOffset + $0 * TakenPlace.bytes) }
    }

    /// Makes a series in zeroed bytes.
    func write(identity: [UInt8], time: Int64) {
        start.storeBytes(of: UInt32(identity.count), as: UInt32.self)
        start.storeBytes(of: CRC32C.of(identity), toByteOffset: 4, as: UInt32.self)
        UnsafeMutableRawBufferPointer(start: start + Self.identityOffset, count: identity.count)
            .copyBytes(from: identity)
        // The first accounts for nothing, up to position 0, from now on. The other is not valid yet.
        snapshots[0].time = time
        snapshots[0].tag.pointee.store(0, ordering: .relaxed)
        snapshots[1].tag.pointee.store(TakenPlace.invalid, ordering: .relaxed)
    }

    /// Nil if it is damaged.
    var identity: [UInt8]? {
        let length = Int(start.load(as: UInt32.self))
        guard (1...Self.maximumIdentity).contains(length) else { return nil }
        let bytes = Array(UnsafeRawBufferPointer(start: start + Self.identityOffset, count: length))
        return CRC32C.of(bytes) == start.load(fromByteOffset: 4, as: UInt32.self) ? bytes : nil
    }

    /// Adds up the stripes. Each counter only grows, so that the sum of one that others add to meanwhile is
    /// between what it was before and what it is after.
    func sum(into totals: inout [UInt64]) {
        for number in totals.indices {
            var total: UInt64 = 0
            for stripe in 0..<MonitorPlace.stripes {
                // Sequentially consistent, with the additions and the mark of the end in `MonitorSeries`.
                total &+= counter(number, stripe: stripe).pointee.load(ordering: .sequentiallyConsistent)
            }
            totals[number] = total
        }
    }
}
