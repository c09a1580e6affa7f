#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A recorder: the rings of one memory-mapped file, held under the file's lock.
///
/// Made by ``RecorderDirectory/create(_:)`` for the program's own records, or by
/// ``RecorderDirectory/adopt(_:)`` from what a dead program left. Both are read and released the same way; an
/// adopted one is sealed, and its readings may contain voids.
///
/// What is recorded survives the process, however it ends, because the pages belong to the kernel. A power cut
/// is another matter: the kernel writes the pages to disk when it pleases (within about 30 seconds on Linux).
///
/// A child made by `fork` without `exec` shares both mapping and lock: what it records joins its parent's
/// stream, and the file counts as live until the last of them is gone. A child killed in the midst of recording
/// leaves a claimed position that holds back the positions after it until the file becomes an orphan.
public final class Recorder: Sendable {
    /// The recorder's name, and its file's.
    public let id: UUID
    /// The recorder's file.
    public let path: String
    /// What the creator said of itself.
    public let identity: [UInt8]
    /// The training steps.
    public let steps: StepRing
    /// The run's events.
    public let events: EventRing
    /// Whether it was adopted from a dead program.
    public let isOrphan: Bool
    /// What was found wrong at adoption. A recorder with reports is set aside, not deleted, when removed.
    public let reports: [RecorderReport]

    private let memory: RecorderMemory

    init(
        layout: FileLayout, path: String, identity: [UInt8], memory: RecorderMemory, whenFull: FullPolicy,
        isOrphan: Bool, reports: [RecorderReport]
    ) {
        id = layout.recorder
        self.path = path
        self.identity = identity
        self.memory = memory
        self.isOrphan = isOrphan
        self.reports = reports
        func core(_ place: RingPlace) -> RingCore {
            RingCore(
                cursors: memory.base + place.cursorsOffset, slots: memory.base + place.slotsOffset,
                capacity: place.capacity, whenFull: whenFull)
        }
        func binding(_ place: RingPlace) -> RingBinding {
            // A damaged file is evidence and is not written to.
            RingBinding(
                memory: memory, stream: place.stream, isOrphan: isOrphan,
                releasedOffset: isOrphan && reports.isEmpty ? place.releasedOffset : nil)
        }
        let rings = layout.rings
        steps = StepRing(core: core(rings[0]), binding: binding(rings[0]))
        events = EventRing(core: core(rings[1]), binding: binding(rings[1]))
    }

    /// Ends recording: every later record is refused and counted as dropped. What was accepted is final after it,
    /// so that a consumer that has released ``RingLevel/end`` has taken all there will ever be.
    public func seal() {
        steps.core.seal()
        events.core.seal()
    }

    /// Whether recording has ended.
    public var isSealed: Bool { steps.core.isSealed && events.core.isSealed }

    /// Whether all that was recorded was released. Only final once sealed.
    public var isDrained: Bool {
        [steps.core, events.core].allSatisfy { $0.releasedEnd == $0.end }
    }

    /// Seals the recorder and gives up its lock, so that the next start or another program adopts what is left.
    ///
    /// A producer may be between claiming and publishing at this very moment. It is waited for up to a
    /// millisecond or so; if it does not come (a debugger holds it), the lock stays until the process ends,
    /// because an adopter would take its position for a void. False says so.
    @discardableResult
    public func close() -> Bool {
        seal()
        var backoff = Backoff()
        for _ in 0..<12 {
            if steps.core.isSettled(bytes: StepRing.slotBytes),
                events.core.isSettled(bytes: EventRing.slotBytes)
            {
                memory.unlock()
                return true
            }
            if isOrphan { break }
            backoff.wait()
        }
        if isOrphan { memory.unlock() }
        return isOrphan
    }

    /// Seals the recorder and deletes its file. A damaged orphan's file is moved into `set-aside` instead.
    ///
    /// Throws ``RecorderError/Code/notEmpty``, and leaves the file, if records are left that nobody released.
    public func remove() throws(RecorderError) {
        seal()
        guard isDrained else {
            throw RecorderError(
                code: .notEmpty, path: path, reason: "records are left in it",
                advice: "release them first, or close the recorder to leave them to the next start")
        }
        if reports.isEmpty {
            try RecorderFiles.delete(path, ifHeldBy: memory)
        } else {
            _ = try RecorderFiles.setAside(path)
        }
        memory.unlock()
    }
}
