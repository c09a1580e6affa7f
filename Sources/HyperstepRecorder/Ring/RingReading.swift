import Synchronization

/// What one reading of a ring covered.
@frozen
public struct RingReading: Sendable, Equatable {
    /// The positions covered: those whose records were given, and the voids.
    public let positions: Range<UInt64>
    /// Offsets into ``positions`` that hold no record, ascending. Only ever found in an orphan: its producer
    /// was killed between claiming the position and publishing it, or the file is damaged there.
    public let voidOffsets: [UInt32]

    /// Whether nothing was there to be read.
    @inlinable public var isEmpty: Bool { positions.isEmpty }
    /// How many records were given.
    @inlinable public var recordCount: Int { positions.count - voidOffsets.count }

    @usableFromInline
    init(positions: Range<UInt64>, voidOffsets: [UInt32]) {
        self.positions = positions
        self.voidOffsets = voidOffsets
    }
}

/// Where the consumer of a ring stands and how full it is; a snapshot.
public struct RingLevel: Sendable, Equatable {
    /// Positions below it are committed or spooled.
    public let released: UInt64
    /// The next position to be claimed.
    public let end: UInt64
    /// How many records the ring holds at most.
    public let capacity: Int
    /// How many records were dropped since the recorder was made.
    public let dropped: UInt64
    /// How many slots are in use.
    public var used: Int { Int(clamping: end - min(released, end)) }
    /// How full the ring is, from 0 to 1.
    public var fill: Double { capacity == 0 ? 0 : Double(used) / Double(capacity) }
}

extension RingCore {
    var level: RingLevel {
        // `released` first: read after it, the tail can only be further on.
        let floor = releasedEnd
        return RingLevel(
            released: floor, end: end, capacity: Int(capacity),
            dropped: dropped.pointee.load(ordering: .relaxed))
    }

    /// Walks over what is readable from `position`, in order.
    ///
    /// In a living ring it ends before the first slot that is claimed but not yet published: its producer is
    /// about to publish it. In an orphan nobody ever will, and such positions are voids.
    @inlinable @inline(__always)
    func read(
        from position: UInt64, limit: Int, slotBytes: Int, voids: Bool,
        _ body: (UInt64, UnsafeMutableRawPointer) -> Bool
    ) -> RingReading {
        let floor = releasedEnd
        let first = position < floor ? floor : position
        var last = end
        if last < first { last = first }
        if last &- first > UInt64(limit) { last = first &+ UInt64(limit) }
        var voidOffsets: [UInt32] = []
        var next = first
        while next < last {
            if isPublished(next, bytes: slotBytes) {
                guard body(next, slot(next, bytes: slotBytes)) else { break }
            } else if voids {
                voidOffsets.append(UInt32(truncatingIfNeeded: next &- first))
            } else {
                break
            }
            next &+= 1
        }
        return RingReading(positions: first..<next, voidOffsets: voidOffsets)
    }
}
