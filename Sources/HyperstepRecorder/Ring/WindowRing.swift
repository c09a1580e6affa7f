#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A ring of windows: what ``Monitors/takeWindows(at:_:)`` or ``Instruments/takeWindows(at:_:)`` took, encoded by its
/// caller, in order.
///
/// Read and released as the other rings. Nothing else writes to it: that a series' counters and its ring never
/// disagree rests on it.
public final class WindowRing: Sendable {
    /// The most bytes that one encoded window may have.
    public var maximumPayload: Int { slots.maximumPayload }

    let slots: PayloadSlots
    private let binding: RingBinding

    var core: RingCore { slots.core }

    /// The stream that the ring's positions count.
    public var stream: UUID { binding.stream }
    /// Whether the recorder has this ring, and series with it.
    public var isPresent: Bool { core.capacity > 0 }

    init(core: RingCore, slotBytes: Int, binding: RingBinding) {
        slots = PayloadSlots(core: core, slotBytes: slotBytes)
        self.binding = binding
    }

    /// Gives the windows from `position` on, oldest first, until `limit` positions were given or `body` returns
    /// false (then that window is not part of the reading). For the consumer alone.
    public func read(
        from position: UInt64, limit: Int,
        _ body: (_ position: UInt64, _ payload: UnsafeRawBufferPointer) -> Bool
    ) -> RingReading {
        slots.read(from: position, limit: limit, voids: binding.isOrphan, body)
    }

    /// Frees the slots of all positions below `position`. For the consumer alone.
    public func release(upTo position: UInt64) {
        core.release(upTo: position)
        binding.persistRelease()
    }

    /// Where the ring stands. Its `dropped` stays 0: a window that finds no room is taken later.
    public var level: RingLevel { core.level }
}
