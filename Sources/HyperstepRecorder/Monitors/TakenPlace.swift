import Synchronization

/// A snapshot of what was taken of a series, as bytes in the file:
///
///     0     tag u64: the position in the ring of windows up to which it accounts, or ``invalid``
///     8     time u64: when it was taken, nanoseconds since 1970
///     128   counters u64: all that the windows below that position gave
///
/// Of a series' two snapshots the valid one has the highest tag that is not beyond the ring's last published
/// window. ``WindowTaker`` says why that is exact.
struct TakenPlace: @unchecked Sendable {
    static let invalid = UInt64.max
    private static let countersOffset = 128
    static let bytes = (countersOffset + MonitorCounter.count * 8 + 127) & ~127

    let start: UnsafeMutableRawPointer

    var tag: UnsafeMutablePointer<Atomic<UInt64>> { start.bindMemory(to: Atomic<UInt64>.self, capacity: 1) }

    var time: Int64 {
        // Damage may have put any bits here.
        get { Int64(clamping: start.load(fromByteOffset: 8, as: UInt64.self)) }
        nonmutating set { start.storeBytes(of: UInt64(clamping: newValue), toByteOffset: 8, as: UInt64.self) }
    }

    var counters: UnsafeMutableBufferPointer<UInt64> {
        let first = (start + Self.countersOffset).bindMemory(to: UInt64.self, capacity: MonitorCounter.count)
        return .init(start: first, count: MonitorCounter.count)
    }

    /// Relaxed: tags are only touched by whoever takes windows; the order in which they reach the file is that
    /// of the stores, which `WindowTaker` makes releasing.
    var accountsUpTo: UInt64 { tag.pointee.load(ordering: .relaxed) }
}

extension SeriesPlace {
    /// The valid snapshot and the other one, where the ring is published up to `end`; nil if neither is valid,
    /// which only damage brings about.
    func taken(upTo end: UInt64) -> (valid: TakenPlace, spare: TakenPlace)? {
        let both = snapshots
        let tags = both.map(\.accountsUpTo)
        guard tags.contains(where: { $0 <= end }) else { return nil }
        let isFirst = tags[0] <= end && (tags[1] > end || tags[0] >= tags[1])
        return isFirst ? (both[0], both[1]) : (both[1], both[0])
    }
}
