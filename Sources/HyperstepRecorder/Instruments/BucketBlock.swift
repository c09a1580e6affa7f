import HyperstepHistogram
import Synchronization

/// The buckets of one power of two, of one sign, as bytes in the file: the counters of each stripe, 64 of u64, and
/// then two snapshots of what was taken of them, which are valid with those of their series.
///
/// Unchecked: counters are atomics; snapshots are only touched by whoever takes windows.
struct BucketBlock: @unchecked Sendable {
    static let buckets = 64
    private static let columnBytes = buckets * 8
    static let bytes = (StripePicker.stripes + 2) * columnBytes

    let start: UnsafeMutableRawPointer

    @inline(__always)
    func counter(_ number: Int, stripe: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (start + (stripe &* Self.columnBytes &+ number &* 8)).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    func taken(_ snapshot: Int) -> UnsafeMutableBufferPointer<UInt64> {
        let first = (start + (StripePicker.stripes + snapshot) * Self.columnBytes)
            .bindMemory(to: UInt64.self, capacity: Self.buckets)
        return .init(start: first, count: Self.buckets)
    }

    /// Each bucket's count, of all stripes.
    var totals: [UInt64] {
        (0..<Self.buckets).map { number in
            (0..<StripePicker.stripes).reduce(0) { total, stripe in
                // Sequentially consistent, with the additions and the mark of the end in `InstrumentSeries`.
                total &+ counter(number, stripe: stripe).pointee.load(ordering: .sequentiallyConsistent)
            }
        }
    }
}

/// Which buckets a block holds: 1 to 128 are the powers of two of positive numbers, 129 to 256 those of negative
/// ones. Bucket 0 is in none.
struct BlockKey: Hashable {
    static let all: ClosedRange<UInt32> = 1...256

    let rawValue: UInt32

    /// The block and place of a bucket other than 0.
    @inline(__always)
    static func of(_ bucket: Int16) -> (key: BlockKey, number: Int) {
        let place = Int(bucket.magnitude) &- 1
        let key = UInt32(truncatingIfNeeded: place &>> 6) &+ (bucket > 0 ? 1 : 129)
        return (BlockKey(rawValue: key), place & 63)
    }

    /// The bucket at a place of the block.
    func bucket(_ number: Int) -> Int16 {
        let isNegative = rawValue > 128
        let place = Int16((Int(rawValue) - (isNegative ? 129 : 1)) * BucketBlock.buckets + number + 1)
        return isNegative ? -place : place
    }
}

/// A series' blocks: an open hash table of 64 owners, each 0 or a key and a block's index plus one. An owner that
/// is there never changes. Powers of two that follow each other start at places that do, so that the first look
/// mostly finds its own.
struct BucketBlocks {
    private static let slots = 64

    let series: InstrumentSeriesPlace
    let area: InstrumentPlace

    /// The block of a key, which is taken from the area's where the series has none yet; nil where there is none
    /// left to take, or the series has all it may have.
    @inline(__always)
    func block(_ key: BlockKey) -> BucketBlock? {
        let slot = Int(key.rawValue) & (Self.slots - 1)
        // Acquiring: who sees the owner may use the block, which is zeros.
        let owner = series.owner(slot).pointee.load(ordering: .acquiring)
        if UInt32(truncatingIfNeeded: owner) == key.rawValue { return block(of: owner) }
        return blockElsewhere(key, slot)
    }

    @inline(__always)
    private func block(of owner: UInt64) -> BucketBlock {
        area.block(Int(truncatingIfNeeded: owner &>> 32) &- 1)
    }

    @inline(never)
    private func blockElsewhere(_ key: BlockKey, _ first: Int) -> BucketBlock? {
        for step in 0..<Self.slots {
            let slot = series.owner((first + step) & (Self.slots - 1))
            var owner = slot.pointee.load(ordering: .acquiring)
            if owner == 0 {
                guard let index = takeBlock() else { return nil }
                let mine = (UInt64(index) + 1) << 32 | UInt64(key.rawValue)
                let (won, current) = slot.pointee.compareExchange(
                    expected: 0, desired: mine, ordering: .acquiringAndReleasing)
                owner = won ? mine : current
                if !won { giveBack(index) }
            }
            if UInt32(truncatingIfNeeded: owner) == key.rawValue { return block(of: owner) }
        }
        return nil
    }

    private func takeBlock() -> Int? {
        // Relaxed: the index carries no data; the owner publishes it.
        var next = area.head.blocks.pointee.load(ordering: .relaxed)
        while next < area.blockCapacity {
            let (won, current) = area.head.blocks.pointee.weakCompareExchange(
                expected: next, desired: next + 1, ordering: .relaxed)
            if won { return Int(next) }
            next = current
        }
        return nil
    }

    /// Another thread was first. If somebody took a block since, this one stays unused.
    private func giveBack(_ index: Int) {
        _ = area.head.blocks.pointee.compareExchange(
            expected: UInt64(index) + 1, desired: UInt64(index), ordering: .relaxed)
    }

    /// The blocks that there are, in the order of the numbers that they count.
    var all: [(key: BlockKey, block: BucketBlock)] {
        (0..<Self.slots).compactMap { slot in
            let owner = series.owner(slot).pointee.load(ordering: .acquiring)
            guard owner != 0 else { return nil }
            return (BlockKey(rawValue: UInt32(truncatingIfNeeded: owner)), block(of: owner))
        }.sorted { $0.key.bucket(0) < $1.key.bucket(0) }
    }

    /// How often each block of the area is named by this series' owners, added to what others name.
    func count(into named: inout [Int: Int]) {
        for slot in 0..<Self.slots {
            if let index = index(named: series.owner(slot).pointee.load(ordering: .relaxed)) {
                named[index, default: 0] += 1
            }
        }
    }

    /// Leaves out what damage made of owners: those that name no key or block, and all of those that name the same
    /// block, since nobody knows whose it is, and with which snapshot.
    func mend(named: [Int: Int], _ report: (_ owner: UInt64) -> Void) {
        var keys: Set<UInt32> = []
        for slot in 0..<Self.slots {
            let owner = series.owner(slot).pointee.load(ordering: .relaxed)
            guard owner != 0 else { continue }
            let isWhole =
                index(named: owner).map { named[$0] == 1 } ?? false
                && keys.insert(UInt32(truncatingIfNeeded: owner)).inserted
            if isWhole { continue }
            report(owner)
            series.owner(slot).pointee.store(0, ordering: .relaxed)
        }
    }

    /// The block that an owner names; nil where it names none.
    private func index(named owner: UInt64) -> Int? {
        let index = Int(owner >> 32) - 1
        guard BlockKey.all.contains(UInt32(truncatingIfNeeded: owner)),
            (0..<area.blockCapacity).contains(index)
        else { return nil }
        return index
    }
}
