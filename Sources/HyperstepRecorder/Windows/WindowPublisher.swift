import Synchronization

/// Puts windows that were taken out of series' counters into a ring, so that every count is in exactly one window
/// wherever the process is killed.
///
/// To take a window of a series, with P the ring's end (the position after its last published window):
///
/// 1. add up the counters (T); the valid snapshot V says what was taken before; encode T − V
/// 2. write T into the spare snapshot S
/// 3. store S's tag, P + 1
/// 4. claim position P: the ring's tail becomes P + 1
/// 5. write the encoded window into the slot
/// 6. publish it: the slot's sequence becomes P + 1
///
/// **Why it is exact.** Let E be the end of what is published. A snapshot is valid if its tag is the highest that
/// is at most E. The invariant: *the valid snapshot of a series is the sum of its published windows.* Before step
/// 3, S's tag is below V's or invalid, so V stays valid, whatever S's counters are. From step 3 until 6, S's tag
/// is P + 1 and E is P: S is not valid, V is. Step 6 is one store, by which E becomes P + 1: the window is
/// published and S is valid at once. So a kill after step 6 leaves the count in the window and in the snapshot, a
/// kill before it leaves it in neither, and the counters still have it: they are never reset.
///
/// This rests on the window at P being this series' own. In a living process nothing can come between 3 and 6:
/// one thread at a time takes windows (a lock), nothing else writes to the ring, and nothing between them fails.
/// A process killed there leaves a tag P + 1 behind, while its adopter may publish another series' window at P.
/// Therefore an adopter first invalidates all tags beyond E (`forgetUnpublished`); what that is cut short by
/// another kill leaves as many valid snapshots as before, and nothing published.
///
/// **Adopters** go through the same steps on a copy in memory and write each store to the file before the next
/// (`keep`): the file is at every moment one that a killed process could have left, so the next adopter goes
/// on with the same guarantee. An adopter reads only what the file has, so a position that a collector has
/// acknowledged keeps its bytes. Where the file cannot be written, or is damaged and must not be, the adopter
/// takes the windows in memory alone; another would take the same ones at the same positions, because an
/// orphan's counters stand still and neither order nor times come from the adopter.
///
/// The order of stores is the program's: a kill loses nothing that an earlier instruction stored, since the pages
/// are the kernel's. Releasing stores keep the compiler to that order.
struct WindowPublisher {
    let windows: WindowRing
    /// Of an orphan whose file is to be amended; nil where the memory is the file.
    let fileCopy: RecorderMemory?
    let isOrphan: Bool
    /// Called after each store, for tests that want to know what a kill there leaves.
    let afterStore: () -> Void

    /// How exactly it is known when a killed program ended: its area is touched about so often.
    private static let uncertainty: Int64 = 1_000_000_000

    /// The end of what is published.
    var end: UInt64 { windows.core.end }
    /// How many windows find room.
    var room: Int { windows.level.capacity - windows.level.used }

    /// Invalidates what a killed process tagged and did not publish.
    func forgetUnpublished(_ series: some CountedPlace) {
        for snapshot in series.snapshots {
            let tag = snapshot.accountsUpTo
            guard tag > end, tag != TakenTag.invalid else { continue }
            snapshot.tag.pointee.store(TakenTag.invalid, ordering: .releasing)
            keep(snapshot.start, 8)
        }
    }

    /// What is counted takes time, by which rates divide. A killed program may have counted for a moment after it
    /// was last known to live; where a clock was set back, when the interval began is not known any more.
    func interval(from start: Int64, to end: Int64) -> (start: Int64, end: Int64) {
        if isOrphan {
            let (latest, overflows) = start.addingReportingOverflow(Self.uncertainty)
            return (start, max(end, overflows ? start : latest))
        }
        if end > start { return (start, end) }
        let end = max(end, Self.uncertainty)
        return (end - Self.uncertainty, end)
    }

    /// Step 3, once the snapshot is written.
    func tag(_ spare: some TakenSnapshot) {
        spare.tag.pointee.store(end + 1, ordering: .releasing)
        keep(spare.start, 8)
    }

    /// Steps 4 to 6.
    func publish(_ bytes: [UInt8]) {
        guard let position = windows.core.claim() else {
            preconditionFailure("the ring had room, and nobody else writes to it")
        }
        keep(windows.core.tail, 8)
        let slot = windows.slots.slot(position)
        bytes.withUnsafeBytes { windows.slots.fill(slot, with: $0) }
        keep(slot + 8, PayloadSlots.payloadOffset - 8 + bytes.count)
        windows.core.publish(position, in: slot)
        keep(slot, 8)
    }

    /// A store that the next one must not come before.
    func keep(_ start: UnsafeRawPointer, _ bytes: Int) {
        if let fileCopy { fileCopy.persist(start - UnsafeRawPointer(fileCopy.base), bytes) }
        afterStore()
    }
}
