import Synchronization

/// The names of a recorder's metrics, in its file: what a stranger needs to make sense of its scalars.
///
/// Names are only ever added. A name that was interned survives the process, as every scalar recorded under it
/// does. Bounded, so that a name made from a user's input cannot fill memory or database.
public final class NameTable: Sendable {
    /// How many names it holds at most; 0 where the recorder has no scalars.
    public var capacity: Int { place.capacity }

    private let place: NamePlace
    private let memory: RecorderMemory
    private let isOrphan: Bool
    private let ids: Locked<[[UInt8]: MetricID]>
    private let saidFull = Atomic<Bool>(false)

    init(place: NamePlace, memory: RecorderMemory, isOrphan: Bool) {
        self.place = place
        self.memory = memory
        self.isOrphan = isOrphan
        ids = Locked([:])
    }

    /// The number of a metric: the same for the same name, byte by byte, from any thread, for as long as the
    /// recorder lives. Its unit is the one that it was first given.
    ///
    /// It takes a lock and hashes the name: call it once and keep what it gives. Nil, and counted in ``refused``,
    /// if the table is full or the name does not ``MetricName/fits``; an orphan's table takes no new names.
    public func intern(name: String, unit: String) -> MetricID? {
        let metric = MetricName(name: name, unit: unit)
        guard capacity > 0, !isOrphan else { return nil }
        return ids.withLock { ids in
            let key = Array(name.utf8)
            if let known = ids[key] { return known }
            let index = ids.count
            guard metric.fits, index < capacity else {
                // Relaxed: a statistic; nothing is read because of it.
                place.refused.pointee.wrappingAdd(1, ordering: .relaxed)
                return nil
            }
            place.write(metric, at: index)
            // Releasing: who sees the count sees the entry. Killed before this line, the process has recorded
            // nothing under the name, and the entry does not exist.
            place.count.pointee.store(UInt64(index + 1), ordering: .releasing)
            let id = MetricID(rawValue: UInt32(index))
            ids[key] = id
            return id
        }
    }

    /// How many names there are.
    public var count: Int {
        guard capacity > 0 else { return 0 }
        // Acquiring: pairs with `intern`, so that the entries' bytes are there. Damage may have put any number.
        return Int(clamping: min(place.count.pointee.load(ordering: .acquiring), UInt64(capacity)))
    }

    /// What a metric is called; nil for a number that the table does not have, or whose entry is damaged.
    public subscript(id: MetricID) -> MetricName? {
        id.rawValue < count ? place.read(Int(id.rawValue)) : nil
    }

    /// How many calls of ``intern(name:unit:)`` were refused since the recorder was made.
    public var refused: UInt64 {
        capacity > 0 ? place.refused.pointee.load(ordering: .relaxed) : 0
    }

    /// True for the first call after a name was refused, and never again: whoever gets it tells the user.
    public func shouldReportRefusal() -> Bool {
        refused > 0 && !saidFull.exchange(true, ordering: .relaxed)
    }
}
