import Synchronization

/// Makes an orphan's ring readable, whatever its bytes are.
///
/// A process that is killed leaves nothing to mend: its cursors are right, and a position whose producer died
/// between claiming and publishing is a void. Only damage (a file cut off, bytes overwritten) leads further.
/// Then the slots are believed over the cursors: a slot's sequence must fit its index, which damage hits by
/// chance once in a capacity, and the positions of a ring lie within one capacity of each other. Records that
/// had been released may be offered again by it; the collector's ledger knows their positions and skips them.
struct RingMending {
    let core: RingCore
    let kind: RingKind

    /// Positions end far below the sealed bit: no ring counts to 2^61.
    private static let positionLimit: UInt64 = 1 << 61

    /// Sets the cursors to the window that is readable, and takes the seal off: whoever owns the orphan sets it.
    func mend(_ report: (_ expected: String, _ found: String) -> Void) {
        guard core.capacity > 0 else { return set(0..<0, floor: 0) }
        let positions = publishedPositions()
        let end = core.end
        let floor = core.releasedEnd
        if floor > end || end - floor > core.capacity || end >= Self.positionLimit {
            report("cursors of \(kind) within one capacity", "released \(floor), tail \(end)")
            set(Self.densestWindow(positions, capacity: core.capacity), floor: floor)
        } else if let last = positions.last, last >= end {
            report("no published position of \(kind) after the tail \(end)", "position \(last)")
            let window = Self.densestWindow(positions, capacity: core.capacity)
            set(min(window.lowerBound, floor)..<max(window.upperBound, end), floor: floor)
        } else {
            reportStrangers(in: floor..<end, report)
            // Claims after the last published position never became records.
            let lastPublished = positions.last.map { $0 + 1 } ?? 0
            set(floor..<max(floor, lastPublished), floor: floor)
        }
    }

    /// All positions that slots say they hold, ascending.
    private func publishedPositions() -> [UInt64] {
        var positions: [UInt64] = []
        positions.reserveCapacity(Int(core.capacity))
        for index in 0..<core.capacity {
            let sequence = sequence(index)
            guard sequence > 0, sequence <= Self.positionLimit else { continue }
            if (sequence - 1) & (core.capacity - 1) == index { positions.append(sequence - 1) }
        }
        return positions.sorted()
    }

    private func sequence(_ position: UInt64) -> UInt64 {
        RingCore.sequence(of: core.slot(position, bytes: kind.slotBytes)).pointee.load(ordering: .relaxed)
    }

    /// A position not published must show its slot's earlier one, or nothing at all.
    private func reportStrangers(
        in positions: Range<UInt64>, _ report: (_ expected: String, _ found: String) -> Void
    ) {
        let strange = positions.filter { position in
            let sequence = sequence(position)
            let earlier = position >= core.capacity ? position - core.capacity + 1 : 0
            return sequence != position + 1 && sequence != earlier
        }
        guard let first = strange.first else { return }
        report(
            "sequences of \(kind) that fit their slots",
            "\(strange.count) that do not, the first at position \(first)")
    }

    /// The window of one capacity that holds most of the positions; of several, the latest.
    static func densestWindow(_ positions: [UInt64], capacity: UInt64) -> Range<UInt64> {
        var best: (count: Int, range: Range<UInt64>) = (0, 0..<0)
        var low = 0
        for high in positions.indices {
            while positions[high] - positions[low] >= capacity { low += 1 }
            if high - low + 1 >= best.count {
                best = (high - low + 1, positions[low]..<positions[high] + 1)
            }
        }
        return best.range
    }

    private func set(_ window: Range<UInt64>, floor: UInt64) {
        var window = window
        // What was released stays released, where the cursor can be believed.
        if window.contains(floor) { window = floor..<window.upperBound }
        let lowest = window.upperBound > core.capacity ? window.upperBound - core.capacity : 0
        // Plain stores would do: the memory is ours alone, and atomics are the only way to it.
        core.tail.pointee.store(window.upperBound, ordering: .relaxed)
        core.released.pointee.store(max(window.lowerBound, lowest), ordering: .relaxed)
    }
}
