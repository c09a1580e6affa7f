import Synchronization

/// The monitors' area as bytes in the file: a page of its own, then each series' place.
///
///     0     ``AreaHead``
///     4096  series, ``SeriesPlace/bytes`` each
///
/// A series is written once, before the count that includes it is stored, releasing. With a capacity of 0 there
/// is no area, and `start` is never looked at.
struct MonitorPlace: @unchecked Sendable {
    static let stripes = StripePicker.stripes
    static let counters = MonitorCounter.count

    let start: UnsafeMutableRawPointer
    let capacity: Int

    static func areaBytes(capacity: Int) -> Int {
        capacity == 0 ? 0 : AreaHead.bytes + capacity * SeriesPlace.bytes
    }

    var head: AreaHead { AreaHead(start: start) }

    func series(_ index: Int) -> SeriesPlace {
        SeriesPlace(start: start + AreaHead.bytes + index * SeriesPlace.bytes)
    }
}

/// One series as bytes in the file, whole pages:
///
///     0      identity: length u32, CRC32C u32 of the bytes, up to 1,024 bytes
///     4096   stripes: each the counters u64, on cache lines of their own. Only ever added to, by anyone.
///     …      two snapshots of what was taken (``TakenPlace``). Only touched by whoever takes windows, under the
///            lock of ``Monitors``.
struct SeriesPlace: CountedPlace, @unchecked Sendable {
    static let maximumIdentity = 1_024
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

    /// What its registrar said of it.
    var identityPlace: IdentityPlace { IdentityPlace(start: start, maximum: Self.maximumIdentity) }

    /// Makes a series in zeroed bytes.
    func write(identity: [UInt8], time: Int64) {
        identityPlace.write(identity)
        writeSnapshots(time: time)
    }

    /// Nil if it is damaged.
    var identity: [UInt8]? { identityPlace.bytes }

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
