#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// The ring of named metrics' values: any number of producers on any threads, one consumer.
///
/// The same promises as ``StepRing``, in half as many bytes: no lock, no allocation, no system call.
///
///     if let loss = recorder.names.intern(name: "val/loss", unit: "1") {  // once
///         recorder.scalars.record(ScalarRecord(time: now, metric: loss, value: 0.93, step: 100))
///     }
public final class ScalarRing: Sendable {
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

    /// The bytes of a slot: a sequence, a record, and space to grow up to a cache line.
    @inlinable static var slotBytes: Int { 64 }
    @inlinable static var recordOffset: Int { 8 }

    /// Records a value, from any thread. False: no room (or sealed), and the drop was counted.
    @inlinable @inline(__always)
    @discardableResult
    public func record(_ record: ScalarRecord) -> Bool {
        guard let position = core.claim() else { return false }
        let slot = core.slot(position, bytes: Self.slotBytes)
        // Plain stores: the claimed slot is ours alone until it is published.
        slot.storeBytes(of: record, toByteOffset: Self.recordOffset, as: ScalarRecord.self)
        core.publish(position, in: slot)
        return true
    }

    /// Counts a value that cannot be recorded, because its name found no room in the table, as dropped.
    public func countDrop() { core.countDrop() }

    /// Gives the published records from `position` on, oldest first, at most `limit` positions.
    ///
    /// For the consumer alone; as ``StepRing/read(from:limit:_:)``.
    @inlinable
    public func read(
        from position: UInt64, limit: Int, _ body: (_ position: UInt64, _ record: ScalarRecord) -> Void
    ) -> RingReading {
        core.read(from: position, limit: limit, slotBytes: Self.slotBytes, voids: isOrphan) {
            position, slot in
            body(position, slot.load(fromByteOffset: Self.recordOffset, as: ScalarRecord.self))
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

    /// Has the kernel make the next slots' pages writable now, as ``StepRing/warm(slots:)``.
    public func warm(slots: Int) {
        binding.memory.warm(core.slots, core: core, slotBytes: Self.slotBytes, slots: slots)
    }
}
