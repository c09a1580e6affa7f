import Synchronization

/// A snapshot of what was taken of a series. It begins with
///
///     0     tag u64: the position in the ring of windows up to which it accounts, or ``TakenTag/invalid``
///     8     time u64: when it was taken, nanoseconds since 1970
///
/// Of a series' two snapshots the valid one has the highest tag that is not beyond the ring's last published
/// window. ``WindowPublisher`` says why that is exact.
protocol TakenSnapshot: Sendable {
    var start: UnsafeMutableRawPointer { get }
}

enum TakenTag {
    static let invalid = UInt64.max
}

extension TakenSnapshot {
    var tag: UnsafeMutablePointer<Atomic<UInt64>> { start.bindMemory(to: Atomic<UInt64>.self, capacity: 1) }

    var time: Int64 {
        // Damage may have put any bits here.
        get { Int64(clamping: start.load(fromByteOffset: 8, as: UInt64.self)) }
        nonmutating set { start.storeBytes(of: UInt64(clamping: newValue), toByteOffset: 8, as: UInt64.self) }
    }

    /// Relaxed: tags are only touched by whoever takes windows; the order in which they reach the file is that
    /// of the stores, which `WindowPublisher` makes releasing.
    var accountsUpTo: UInt64 { tag.pointee.load(ordering: .relaxed) }
}

/// A series' place in the file, of whatever it counts.
protocol CountedPlace: Sendable {
    associatedtype Snapshot: TakenSnapshot
    var snapshots: [Snapshot] { get }
}

extension CountedPlace {
    /// Which of the two snapshots is valid where the ring is published up to `end`; nil if neither is, which only
    /// damage brings about.
    func validSnapshot(upTo end: UInt64) -> Int? {
        let tags = snapshots.map(\.accountsUpTo)
        guard tags.contains(where: { $0 <= end }) else { return nil }
        return tags[0] <= end && (tags[1] > end || tags[0] >= tags[1]) ? 0 : 1
    }

    /// The valid snapshot and the other one; nil if neither is valid.
    func taken(upTo end: UInt64) -> (valid: Snapshot, spare: Snapshot)? {
        guard let valid = validSnapshot(upTo: end) else { return nil }
        let both = snapshots
        return (both[valid], both[1 - valid])
    }

    /// The first snapshot of a new series accounts for nothing, up to position 0, from `time` on. The other is not
    /// valid yet.
    func writeSnapshots(time: Int64) {
        let both = snapshots
        both[0].time = time
        both[0].tag.pointee.store(0, ordering: .relaxed)
        both[1].tag.pointee.store(TakenTag.invalid, ordering: .relaxed)
    }

    /// Leaves a series of an orphan one valid snapshot: of those known the latest, where damage left none.
    func mendTags(upTo end: UInt64, _ report: (_ tags: [UInt64]) -> Void) {
        let both = snapshots
        guard taken(upTo: end) == nil else { return }
        report(both.map(\.accountsUpTo))
        // The ring lost more than these did: the later snapshot has what was in the windows that it lost.
        let known = both.filter { $0.accountsUpTo != TakenTag.invalid }
        let latest = known.max { $0.accountsUpTo < $1.accountsUpTo }
        invalidateSnapshots()
        latest?.tag.pointee.store(end, ordering: .relaxed)
    }

    /// Nothing is taken of the series any more.
    func invalidateSnapshots() {
        for snapshot in snapshots { snapshot.tag.pointee.store(TakenTag.invalid, ordering: .relaxed) }
    }
}
