#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A recorder's rings and areas at their places in its memory.
struct RecorderParts {
    let layout: FileLayout
    let memory: RecorderMemory
    let isOrphan: Bool
    /// Whether changes of the copy of an orphan are written to its file.
    let amends: Bool

    /// A ring that the file does not have gets its cursors and no slots.
    func core(_ kind: RingKind, _ whenFull: FullPolicy) -> RingCore {
        let ring = layout.ring(kind)
        return RingCore(
            cursors: memory.base + kind.cursorsOffset,
            slots: memory.base + (ring?.slotsOffset ?? FileLayout.slotsOffset),
            capacity: ring?.capacity ?? 0, whenFull: whenFull)
    }

    func binding(_ kind: RingKind) -> RingBinding {
        let ring = layout.ring(kind)
        return RingBinding(
            memory: memory, stream: ring?.stream ?? Self.noStream, isOrphan: isOrphan,
            releasedOffset: amends ? ring?.releasedOffset : nil)
    }

    func eventRing(_ kind: RingKind, _ whenFull: FullPolicy) -> EventRing {
        EventRing(core: core(kind, whenFull), slotBytes: kind.slotBytes, binding: binding(kind))
    }

    func windowRing(_ kind: RingKind) -> WindowRing {
        // Whoever takes windows empties the rings, too, and would wait for itself.
        WindowRing(core: core(kind, .drop), slotBytes: kind.slotBytes, binding: binding(kind))
    }

    var names: NamePlace {
        NamePlace(start: memory.base + layout.namesOffset, capacity: layout.nameCapacity)
    }

    var monitors: MonitorPlace {
        MonitorPlace(start: memory.base + layout.monitorsOffset, capacity: layout.seriesCapacity)
    }

    var instruments: InstrumentPlace {
        InstrumentPlace(start: memory.base + layout.instrumentsOffset, capacity: layout.instrumentCapacity)
    }

    private static let noStream = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
}
