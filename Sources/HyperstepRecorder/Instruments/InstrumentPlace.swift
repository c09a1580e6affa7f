import Synchronization

/// The instruments' area as bytes in the file:
///
///     0      ``AreaHead``
///     4096   series, ``InstrumentSeriesPlace/bytes`` each
///     …      blocks of buckets, ``BucketBlock/bytes`` each, which the series take as they need them
///
/// A series is written once, before the count that includes it is stored, releasing. With a capacity of 0 there is
/// no area, and `start` is never looked at.
struct InstrumentPlace: @unchecked Sendable {
    /// Blocks for each series. One covers a power of two, and most series have no histogram.
    static let blocksPerSeries = 4

    let start: UnsafeMutableRawPointer
    let capacity: Int

    static func areaBytes(capacity: Int) -> Int {
        guard capacity > 0 else { return 0 }
        return FileLayout.wholePages(
            AreaHead.bytes + capacity
                * (InstrumentSeriesPlace.bytes + blocksPerSeries * BucketBlock.bytes))
    }

    var head: AreaHead { AreaHead(start: start) }
    var blockCapacity: Int { capacity * Self.blocksPerSeries }

    func series(_ index: Int) -> InstrumentSeriesPlace {
        InstrumentSeriesPlace(start: start + AreaHead.bytes + index * InstrumentSeriesPlace.bytes)
    }

    @inline(__always)
    func block(_ index: Int) -> BucketBlock {
        let blocks = AreaHead.bytes &+ capacity &* InstrumentSeriesPlace.bytes
        return BucketBlock(start: start + (blocks &+ index &* BucketBlock.bytes))
    }
}

/// One series as bytes in the file:
///
///     0      identity: length u32, CRC32C u32 of the bytes, up to 1,528 bytes
///     1536   epoch u64: which of the stripes' two banks of extremes is written to, by its parity
///     1664   value u64: what a gauge or meter stands at, as a double's bits
///     1672   u64: 1 where sums are not known any more, of an orphan's copy in memory (``InstrumentMending``)
///     1720   resets u64: how often it was reset; then the sum's words as the last two resets found them, of which
///            that of `resets` is by its parity
///     1792   owners: 64 of u64, whose blocks of buckets are the series' (``BucketBlocks``)
///     2304   stripes: 4 of 16 words u64 (``InstrumentWord``), on cache lines of their own
///     2816   two snapshots of what was taken (``InstrumentSnapshot``). Only touched by whoever takes windows,
///            under the lock of ``Instruments``.
///
/// Unchecked: what threads share is reached through atomics; the snapshots as they say.
struct InstrumentSeriesPlace: CountedPlace, @unchecked Sendable {
    static let maximumIdentity = 1_528
    private static let epochOffset = 1_536
    private static let valueOffset = 1_664
    private static let sumLostOffset = 1_672
    private static let resetsOffset = 1_720
    private static let ownersOffset = 1_792
    private static let stripesOffset = 2_304
    private static let snapshotsOffset = stripesOffset + StripePicker.stripes * InstrumentWord.stripeBytes
    static let bytes = snapshotsOffset + 2 * InstrumentSnapshot.bytes

    let start: UnsafeMutableRawPointer

    @inline(__always)
    private func word(_ offset: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (start + offset).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    var epoch: UnsafeMutablePointer<Atomic<UInt64>> { word(Self.epochOffset) }
    var value: UnsafeMutablePointer<Atomic<UInt64>> { word(Self.valueOffset) }
    var resets: UnsafeMutablePointer<Atomic<UInt64>> { word(Self.resetsOffset) }

    /// Whether damage took the sums, of which nothing more is told then.
    var isSumLost: Bool {
        get { word(Self.sumLostOffset).pointee.load(ordering: .relaxed) != 0 }
        nonmutating set { word(Self.sumLostOffset).pointee.store(newValue ? 1 : 0, ordering: .relaxed) }
    }

    /// A word of the sum as a reset found it.
    func base(_ number: Int, reset: UInt64) -> UnsafeMutablePointer<Atomic<UInt64>> {
        let slot = Int(truncatingIfNeeded: reset & 1)
        return word(Self.resetsOffset + 8 + (slot * ExactSum.words + number) * 8)
    }

    @inline(__always)
    func owner(_ slot: Int) -> UnsafeMutablePointer<Atomic<UInt64>> { word(Self.ownersOffset &+ slot &* 8) }

    @inline(__always)
    func word(_ number: Int, stripe: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        word(Self.stripesOffset &+ stripe &* InstrumentWord.stripeBytes &+ number &* 8)
    }

    var snapshots: [InstrumentSnapshot] {
        (0..<2).map {
            InstrumentSnapshot(start: start + Self.snapshotsOffset + $0 * InstrumentSnapshot.bytes)
        }
    }

    private var identityPlace: IdentityPlace { IdentityPlace(start: start, maximum: Self.maximumIdentity) }

    /// Makes a series in zeroed bytes.
    func write(identity: [UInt8], time: Int64) {
        identityPlace.write(identity)
        writeSnapshots(time: time)
        // No epoch's extremes are taken: not those of 0, which is the first.
        for snapshot in snapshots { snapshot.epoch = .max }
    }

    /// Nil if it is damaged.
    var identity: [UInt8]? { identityPlace.bytes }
}

/// The words of a stripe. The first are only ever added to; the others are two banks of extremes.
enum InstrumentWord {
    /// Finite numbers that are in no bucket.
    static let calls = 0
    /// NaN and infinities.
    static let nonFinite = 1
    /// What bucket 0 counted.
    static let zeros = 2
    /// ``ExactSum``.
    static let sum = 3..<3 + ExactSum.words
    /// All that are only added to.
    static let added = 7

    static let stripeBytes = 128

    /// The largest number, the largest of the numbers' negatives, and the last one: as ``OrderedBits``.
    @inline(__always)
    static func bank(_ epoch: UInt64) -> Int { added &+ Int(truncatingIfNeeded: epoch & 1) &* bankWords }
    static let bankWords = 3
}

/// A snapshot of what was taken of an instrument's series, as bytes in the file:
///
///     0     tag and time (``TakenSnapshot``)
///     16    epoch u64: the last one whose extremes were taken
///     24    words u64: all that the windows below the tag's position gave, of what is only added to
///     80    total: ``ExactSum`` of all numbers since the last reset, as these windows gave them
///     112   u64: 1 where the total is not known, since more was added in an interval than can be told
///     120   resets u64: up to which one they account
///
/// What was taken of its buckets is in its blocks.
struct InstrumentSnapshot: TakenSnapshot, @unchecked Sendable {
    static let bytes = 128

    let start: UnsafeMutableRawPointer

    var epoch: UInt64 {
        get { start.load(fromByteOffset: 16, as: UInt64.self) }
        nonmutating set { start.storeBytes(of: newValue, toByteOffset: 16, as: UInt64.self) }
    }

    var words: UnsafeMutableBufferPointer<UInt64> {
        let first = (start + 24).bindMemory(to: UInt64.self, capacity: InstrumentWord.added)
        return .init(start: first, count: InstrumentWord.added)
    }

    var total: UnsafeMutableBufferPointer<UInt64> {
        .init(
            start: (start + 80).bindMemory(to: UInt64.self, capacity: ExactSum.words), count: ExactSum.words)
    }

    var isTotalLost: Bool {
        get { start.load(fromByteOffset: 112, as: UInt64.self) != 0 }
        nonmutating set { start.storeBytes(of: newValue ? 1 : 0, toByteOffset: 112, as: UInt64.self) }
    }

    var resets: UInt64 {
        get { start.load(fromByteOffset: 120, as: UInt64.self) }
        nonmutating set { start.storeBytes(of: newValue, toByteOffset: 120, as: UInt64.self) }
    }
}
