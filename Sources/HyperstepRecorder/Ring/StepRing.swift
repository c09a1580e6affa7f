#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// The ring of training steps: any number of producers on any threads, one consumer.
///
/// Recording is a compare-and-swap and 104 bytes of stores: it neither allocates nor locks nor makes a system
/// call. The consumer reads as often as it likes and releases what is committed or spooled.
///
///     ring.record(StepRecord(time: now, step: 1, epoch: 0, batch: 1))
///     let reading = ring.read(from: position, limit: 4_096) { position, record in … }
///     // … once the collector has committed them:
///     ring.release(upTo: reading.positions.upperBound)
public final class StepRing: Sendable {
    @usableFromInline let core: RingCore
    @usableFromInline let isOrphan: Bool
    private let binding: RingBinding

    /// The stream that the ring's positions count.
    public var stream: UUID { binding.stream }
    /// Whether the recorder has this ring. One that it has not drops every record and counts it.
    public var isPresent: Bool { core.capacity > 0 }

    init(core: RingCore, binding: RingBinding) {
        self.core = core
        self.binding = binding
        isOrphan = binding.isOrphan
    }

    /// The bytes of a slot: a sequence, a record, and space to grow up to two cache lines.
    @inlinable static var slotBytes: Int { 128 }
    @inlinable static var recordOffset: Int { 8 }

    /// Records a step, from any thread. False: no room (or sealed), and the drop was counted.
    @inlinable @inline(__always)
    @discardableResult
    public func record(_ record: StepRecord) -> Bool {
        guard let position = core.claim() else { return false }
        let slot = core.slot(position, bytes: Self.slotBytes)
        // Plain stores: the claimed slot is ours alone until it is published.
        slot.storeBytes(of: record, toByteOffset: Self.recordOffset, as: StepRecord.self)
        core.publish(position, in: slot)
        return true
    }

    /// Gives the published records from `position` on, oldest first, at most `limit` positions.
    ///
    /// For the consumer alone. A `position` below what was released starts there. Nothing is released by it:
    /// batches in flight can be read again and sent again.
    @inlinable
    public func read(
        from position: UInt64, limit: Int, _ body: (_ position: UInt64, _ record: StepRecord) -> Void
    ) -> RingReading {
        core.read(from: position, limit: limit, slotBytes: Self.slotBytes, voids: isOrphan) {
            position, slot in
            body(position, slot.load(fromByteOffset: Self.recordOffset, as: StepRecord.self))
            return true
        }
    }

    /// Frees the slots of all positions below `position`. For the consumer alone.
    public func release(upTo position: UInt64) {
        core.release(upTo: position)
        binding.persistRelease()
    }

    /// Where the ring stands.
    public var level: RingLevel { core.level }

    /// Has the kernel make the next slots' pages writable now, on the consumer's thread, so that the next
    /// `slots` records cost no page fault. After the kernel has written a page back to disk, the next write to
    /// it faults again; a consumer that calls this as it drains takes those faults off the training loop.
    public func warm(slots: Int) {
        binding.memory.warm(core.slots, core: core, slotBytes: Self.slotBytes, slots: slots)
    }
}
