#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A ring of rare, larger records, each an opaque payload of up to ``maximumPayload`` bytes: a run's events,
/// those of experiments, samples of the machine.
///
/// The same promises as ``StepRing``; only the slots differ.
public final class EventRing: Sendable {
    /// What became of an event.
    public enum Outcome: Sendable, Equatable {
        /// It is in the ring and survives the process.
        case recorded
        /// The ring was full, sealed or not there; the drop was counted.
        case dropped
        /// The payload is longer than ``EventRing/maximumPayload``; nothing was recorded or counted.
        case tooLarge
    }

    /// The most bytes that one event of a run or of an experiment may have.
    public static var maximumPayload: Int { slotBytes - PayloadSlots.payloadOffset }
    static let slotBytes = 16_384

    /// The most bytes that one payload of this ring may have.
    public var maximumPayload: Int { slots.maximumPayload }

    var core: RingCore { slots.core }
    private let slots: PayloadSlots
    private let binding: RingBinding

    /// The stream that the ring's positions count.
    public var stream: UUID { binding.stream }
    /// Whether the recorder has this ring. One that it has not drops every record and counts it.
    public var isPresent: Bool { core.capacity > 0 }

    init(core: RingCore, slotBytes: Int, binding: RingBinding) {
        slots = PayloadSlots(core: core, slotBytes: slotBytes)
        self.binding = binding
    }

    /// Records an event, from any thread.
    @discardableResult
    public func record(_ payload: UnsafeRawBufferPointer) -> Outcome {
        guard payload.count <= maximumPayload else { return .tooLarge }
        guard let position = core.claim() else { return .dropped }
        let slot = slots.slot(position)
        slots.fill(slot, with: payload)
        core.publish(position, in: slot)
        return .recorded
    }

    /// Records an event, from any thread.
    @discardableResult
    public func record(_ payload: [UInt8]) -> Outcome { payload.withUnsafeBytes { record($0) } }

    /// Counts an event that its program gave up as dropped.
    public func countDrop() { core.countDrop() }

    /// Gives the published events from `position` on, oldest first, until `limit` positions were given or
    /// `body` returns false (then that event is not part of the reading). For the consumer alone.
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

    /// Where the ring stands.
    public var level: RingLevel { core.level }
}
