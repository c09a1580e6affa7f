#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A recorder: the rings of one memory-mapped file, held under the file's lock.
///
/// Made by ``RecorderDirectory/create(_:)`` for the program's own records, or by
/// ``RecorderDirectory/adopt(_:)`` from what a dead program left. Both are read and released the same way; an
/// adopted one is sealed, and its readings may contain voids. A ring that the file does not have is there as one
/// that drops everything (`isPresent` is false) and has nothing to ship.
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
    /// The recorder's file; empty where it has none (``inMemory(_:)``).
    public let path: String
    /// What the creator said of itself.
    public let identity: [UInt8]
    /// The training steps.
    public let steps: StepRing
    /// The run's events.
    public let events: EventRing
    /// The values of named metrics.
    public let scalars: ScalarRing
    /// The events of experiments.
    public let experiments: EventRing
    /// The samples of the machine, at most 1,008 bytes each.
    public let samples: EventRing
    /// The windows taken of ``monitors``.
    public let windows: WindowRing
    /// The windows taken of ``instruments``.
    public let seriesWindows: WindowRing
    /// What the metrics of ``scalars`` are called.
    public let names: NameTable
    /// The counters of monitored models.
    public let monitors: Monitors
    /// The counters of instruments.
    public let instruments: Instruments
    /// Whether it was adopted from a dead program.
    public let isOrphan: Bool
    /// What was found wrong at adoption. A recorder with reports is set aside, not deleted, when removed.
    public let reports: [RecorderReport]

    /// Whether it has no file, so that what it holds is gone with the process.
    public var isInMemory: Bool { path.isEmpty }

    /// Whether this process is a child, made by `fork`, of the one that made it. What it records joins its parent's
    /// records; it cannot end, ship or remove the recorder.
    public var isOfParent: Bool { !memory.isOfThisProcess }

    private let layout: FileLayout
    private let memory: RecorderMemory
    private let rings: [(kind: RingKind, core: RingCore)]

    init(
        layout: FileLayout, path: String, identity: [UInt8], memory: RecorderMemory, whenFull: FullPolicy,
        isOrphan: Bool, reports: [RecorderReport]
    ) {
        id = layout.recorder
        self.layout = layout
        self.path = path
        self.identity = identity
        self.memory = memory
        self.isOrphan = isOrphan
        self.reports = reports
        // A damaged file is evidence and is not written to.
        let amends = isOrphan && reports.isEmpty
        let parts = RecorderParts(layout: layout, memory: memory, isOrphan: isOrphan, amends: amends)
        steps = StepRing(core: parts.core(.steps, whenFull), binding: parts.binding(.steps))
        events = parts.eventRing(.events, whenFull)
        scalars = ScalarRing(core: parts.core(.scalars, whenFull), binding: parts.binding(.scalars))
        experiments = parts.eventRing(.experiments, whenFull)
        // A sample that comes late is of no use, and a queue that waits cannot take the next.
        samples = parts.eventRing(.samples, .drop)
        windows = parts.windowRing(.windows)
        seriesWindows = parts.windowRing(.series)
        names = NameTable(place: parts.names, memory: memory, isOrphan: isOrphan)
        monitors = Monitors(
            place: parts.monitors, windows: windows, memory: memory, isOrphan: isOrphan, amends: amends)
        instruments = Instruments(
            place: parts.instruments, windows: seriesWindows, memory: memory, isOrphan: isOrphan,
            amends: amends)
        rings = RingKind.allCases.map { ($0, parts.core($0, .drop)) }
        if isOrphan { seal() }
    }

    /// Ends recording: every later record is refused and counted as dropped. What was accepted is final after it,
    /// so that a consumer that has released ``RingLevel/end`` has taken all there will ever be.
    ///
    /// The rings of windows alone may still grow by what monitors and instruments have counted: each ends with the
    /// ``Monitors/takeWindows(at:_:)`` or ``Instruments/takeWindows(at:_:)`` that leaves nothing.
    ///
    /// Does nothing in a child by `fork`: the memory is shared, and recording would end in the parent.
    public func seal() {
        guard !isOfParent else { return }
        for ring in rings where !ring.kind.isOfWindows { ring.core.seal() }
        monitors.seal()
        instruments.seal()
    }

    /// Whether recording has begun to end. A record that the calling thread made before it saw false was not refused
    /// for the end: it came before the seal on a word that is read here again.
    public var isSealing: Bool {
        rings.contains { !$0.kind.isOfWindows && $0.core.isSealed }
    }

    /// Whether recording has ended, and all that monitors and instruments counted is in windows.
    public var isSealed: Bool { rings.allSatisfy(\.core.isSealed) }

    /// Whether all that was recorded was released. Only final once sealed.
    public var isDrained: Bool {
        rings.allSatisfy { $0.core.releasedEnd == $0.core.end } && monitors.isTaken
            && instruments.isTaken
    }

    /// Seals the recorder and gives up its lock, so that the next start or another program adopts what is left,
    /// what monitors and instruments have counted since their last windows included.
    ///
    /// A producer may be between claiming and publishing at this very moment. It is waited for up to a
    /// millisecond or so; if it does not come (a debugger holds it), the lock stays until the process ends,
    /// because an adopter would take its position for a void. False says so.
    ///
    /// The disk space of slots that hold nothing to ship is given back: a short run that waits for an adopter takes
    /// no more than what it recorded, rounded up to pages, and the rest of the file. The file's size stays.
    ///
    /// Does nothing in a child by `fork`.
    @discardableResult
    public func close() -> Bool {
        guard !isOfParent else { return false }
        seal()
        monitors.giveUp()
        instruments.giveUp()
        var backoff = Backoff()
        for _ in 0..<12 {
            if rings.allSatisfy({ $0.core.isSettled(bytes: $0.kind.slotBytes) }) {
                discardFreeSlots()
                memory.unlock()
                return true
            }
            if isOrphan { break }
            backoff.wait()
        }
        if isOrphan { memory.unlock() }
        return isOrphan
    }

    /// Sealed and settled, nobody claims a slot any more, so that no write can meet a page without its block. Rings of
    /// windows are left out where they are not sealed: who takes windows at this moment would write to them.
    private func discardFreeSlots() {
        guard !isOrphan else { return }
        for (kind, core) in rings where core.isSealed {
            guard let place = layout.ring(kind) else { continue }
            for slots in core.freeSlots {
                let start = place.slotsOffset + slots.lowerBound * kind.slotBytes
                memory.discard(start..<start + slots.count * kind.slotBytes)
            }
        }
    }

    /// Seals the recorder and deletes its file. A damaged orphan's file is moved into `set-aside` instead.
    ///
    /// Throws ``RecorderError/Code/notEmpty``, and leaves the file, if records are left that nobody released,
    /// or counts of monitors or instruments that nobody took.
    ///
    /// Does nothing in a child by `fork`.
    public func remove() throws(RecorderError) {
        guard !isOfParent else { return }
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
