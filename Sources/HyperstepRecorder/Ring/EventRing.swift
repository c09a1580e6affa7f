#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// The ring of rare, larger records: a run's events, each an opaque payload of up to ``maximumPayload`` bytes.
///
/// The same promises as ``StepRing``; only the slots differ.
public final class EventRing: Sendable {
    /// What became of an event.
    public enum Outcome: Sendable, Equatable {
        /// It is in the ring and survives the process.
        case recorded
        /// The ring was full or sealed; the drop was counted.
        case dropped
        /// The payload is longer than ``EventRing/maximumPayload``; nothing was recorded or counted.
        case tooLarge
    }

    /// The most bytes that one event may have.
    public static var maximumPayload: Int { slotBytes - payloadOffset }

    static let slotBytes = 16_384
    static let payloadOffset = 16
    private static let lengthOffset = 8

    let core: RingCore
    private let binding: RingBinding

    /// The stream that the ring's positions count.
    public var stream: UUID { binding.stream }

    init(core: RingCore, binding: RingBinding) {
        self.core = core
        self.binding = binding
    }

    /// Records an event, from any thread.
    @discardableResult
    public func record(_ payload: UnsafeRawBufferPointer) -> Outcome {
        guard payload.count <= Self.maximumPayload else { return .tooLarge }
        guard let position = core.claim() else { return .dropped }
        let slot = core.slot(position, bytes: Self.slotBytes)
        slot.storeBytes(of: UInt32(payload.count), toByteOffset: Self.lengthOffset, as: UInt32.self)
        UnsafeMutableRawBufferPointer(start: slot + Self.payloadOffset, count: payload.count)
            .copyMemory(from: payload)
        core.publish(position, in: slot)
        return .recorded
    }

    /// Records an event, from any thread.
    @discardableResult
    public func record(_ payload: [UInt8]) -> Outcome { payload.withUnsafeBytes { record($0) } }

    /// Gives the published events from `position` on, oldest first, until `limit` positions were given or
    /// `body` returns false (then that event is not part of the reading). For the consumer alone.
    public func read(
        from position: UInt64, limit: Int,
        _ body: (_ position: UInt64, _ payload: UnsafeRawBufferPointer) -> Bool
    ) -> RingReading {
        core.read(from: position, limit: limit, slotBytes: Self.slotBytes, voids: binding.isOrphan) {
            position, slot in
            let length = Int(slot.load(fromByteOffset: Self.lengthOffset, as: UInt32.self))
            // A damaged length never leads out of the slot; the payload's own format shows the damage.
            let bytes = UnsafeRawBufferPointer(
                start: slot + Self.payloadOffset, count: min(length, Self.maximumPayload))
            return body(position, bytes)
        }
    }

    /// Frees the slots of all positions below `position`. For the consumer alone.
    public func release(upTo position: UInt64) {
        core.release(upTo: position)
        binding.persistRelease(core.releasedEnd)
    }

    /// Where the ring stands.
    public var level: RingLevel { core.level }
}
