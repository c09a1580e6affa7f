public import Synchronization

/// The algorithm that all rings share: claiming a position, publishing its slot, reading and releasing in order.
///
/// Three counters and an array of slots live in memory that the process shares with a file:
///
/// - `tail`: the next position to claim. Its bit 62 set means sealed: nothing more can be claimed.
/// - `released`: positions below it are committed or spooled, and their slots are free.
/// - `dropped`: how many records found no room.
/// - each slot starts with its sequence: the position it holds, plus one. A zeroed file holds nothing.
///
/// A producer claims a position with a compare-and-swap on `tail`, writes the slot, and publishes it by storing
/// the sequence. A fetch-and-add would be a little cheaper under contention but cannot be taken back when the
/// ring turns out to be full. A slot is claimed again only when its old position is released, so between
/// publication and release its bytes do not change and may be read any number of times.
///
/// Unchecked: all that is mutable is reached through atomics, or by the one producer that claimed the slot, or
/// is read after the acquiring load of a sequence that says it was published. ``RecorderMemory`` keeps the
/// memory alive; the classes that hold a core hold the memory as well.
@frozen
@usableFromInline
struct RingCore: @unchecked Sendable {
    @usableFromInline let tail: UnsafeMutablePointer<Atomic<UInt64>>
    @usableFromInline let released: UnsafeMutablePointer<Atomic<UInt64>>
    @usableFromInline let dropped: UnsafeMutablePointer<Atomic<UInt64>>
    @usableFromInline let slots: UnsafeMutableRawPointer
    /// A power of two, or 0 for a ring that the recorder does not have: always full, never waited for.
    @usableFromInline let capacity: UInt64
    @usableFromInline let whenFull: FullPolicy

    @inlinable static var sealedBit: UInt64 { 1 << 62 }

    /// The counters lie on cache lines of their own (128 bytes: processors fetch lines in pairs), so that the
    /// consumer's releases and the counting of drops do not slow down claims.
    static let cursorSpacing = 128
    static let cursorBytes = 4 * cursorSpacing

    init(
        cursors: UnsafeMutableRawPointer, slots: UnsafeMutableRawPointer, capacity: Int, whenFull: FullPolicy
    ) {
        precondition(capacity >= 0 && capacity & (capacity - 1) == 0, "a ring's capacity is a power of two")
        func cursor(_ number: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
            (cursors + number * Self.cursorSpacing).bindMemory(to: Atomic<UInt64>.self, capacity: 1)
        }
        tail = cursor(0)
        released = cursor(1)
        dropped = cursor(2)
        self.slots = slots
        self.capacity = UInt64(capacity)
        self.whenFull = capacity == 0 ? .drop : whenFull
    }

    @inlinable @inline(__always)
    func slot(_ position: UInt64, bytes: Int) -> UnsafeMutableRawPointer {
        slots + Int(truncatingIfNeeded: position & (capacity &- 1)) &* bytes
    }

    @inlinable @inline(__always)
    static func sequence(of slot: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Atomic<UInt64>> {
        slot.bindMemory(to: Atomic<UInt64>.self, capacity: 1)
    }
}

// MARK: - Producers

extension RingCore {
    /// Claims the next position, or counts a drop and returns nil.
    @inlinable @inline(__always)
    func claim() -> UInt64? {
        // Relaxed: a stale tail only makes the exchange below fail.
        var position = tail.pointee.load(ordering: .relaxed)
        while true {
            // Acquiring: the consumer's reads of the slot's old record come before our writes.
            let floor = released.pointee.load(ordering: .acquiring)
            // Signed, because a stale tail may be below what was released since. A sealed tail is far above.
            if Int64(bitPattern: position &- floor) >= Int64(bitPattern: capacity) {
                // With plain words and not with `self`, whose address it would take: the ring's fields would be
                // copied to the stack for each record, and read back before the copy has settled.
                guard let again = Self.roomAfterRefusal(tail, released, dropped, capacity, whenFull) else {
                    return nil
                }
                position = again
                continue
            }
            // Relaxed: the claim itself carries no data; the slot's sequence publishes it.
            let (won, current) = tail.pointee.weakCompareExchange(
                expected: position, desired: position &+ 1, successOrdering: .relaxed,
                failureOrdering: .relaxed)
            if won { return position }
            position = current
        }
    }

    /// Makes a claimed and written slot visible to the consumer.
    @inlinable @inline(__always)
    func publish(_ position: UInt64, in slot: UnsafeMutableRawPointer) {
        // Releasing: who sees the sequence sees the record. A process killed before this line leaves the old
        // sequence there, by which the slot is known not to hold this position.
        Self.sequence(of: slot).pointee.store(position &+ 1, ordering: .releasing)
    }

    /// The ring is full or sealed. Counts a drop (nil), or waits until there is room and returns a fresh tail.
    @usableFromInline @inline(never)
    static func roomAfterRefusal(
        _ tail: UnsafeMutablePointer<Atomic<UInt64>>, _ released: UnsafeMutablePointer<Atomic<UInt64>>,
        _ dropped: UnsafeMutablePointer<Atomic<UInt64>>, _ capacity: UInt64, _ whenFull: FullPolicy
    ) -> UInt64? {
        var backoff = Backoff()
        while true {
            let position = tail.pointee.load(ordering: .relaxed)
            let sealed = position & sealedBit != 0
            if sealed || whenFull == .drop {
                // Relaxed: a statistic; nothing is read because of it.
                dropped.pointee.wrappingAdd(1, ordering: .relaxed)
                return nil
            }
            // Relaxed: `claim` reads it again, acquiring.
            let floor = released.pointee.load(ordering: .relaxed)
            if Int64(bitPattern: position &- floor) < Int64(bitPattern: capacity) { return position }
            backoff.wait()
        }
    }

    /// Counts a record that was dropped before it came here.
    func countDrop() {
        // Relaxed: a statistic; nothing is read because of it.
        dropped.pointee.wrappingAdd(1, ordering: .relaxed)
    }

    /// Ends all claiming: from here on the tail does not move, and every record is refused and counted.
    func seal() {
        // Relaxed: an exchange on the same word orders itself with the claims.
        tail.pointee.bitwiseOr(Self.sealedBit, ordering: .relaxed)
    }
}

// MARK: - The consumer

extension RingCore {
    var isSealed: Bool { tail.pointee.load(ordering: .relaxed) & Self.sealedBit != 0 }

    /// The next position to be claimed. Relaxed: it says how much to expect; sequences say what is there.
    @inlinable var end: UInt64 { tail.pointee.load(ordering: .relaxed) & ~Self.sealedBit }

    /// Relaxed: the consumer alone writes it.
    @inlinable var releasedEnd: UInt64 { released.pointee.load(ordering: .relaxed) }

    @inlinable @inline(__always)
    func isPublished(_ position: UInt64, bytes: Int) -> Bool {
        // Acquiring: pairs with `publish`, so that the record's bytes are there.
        Self.sequence(of: slot(position, bytes: bytes)).pointee.load(ordering: .acquiring) == position &+ 1
    }

    func release(upTo position: UInt64) {
        let current = releasedEnd
        guard position > current else { return }
        precondition(position <= end, "released a position that was never claimed")
        // Releasing: our reads of the slots come before a producer's next writes to them.
        released.pointee.store(position, ordering: .releasing)
    }

    /// The slots that hold nothing which is still to be released. Only final once sealed.
    var freeSlots: [Range<Int>] {
        let capacity = Int(capacity)
        let used = Int(clamping: end - releasedEnd)
        guard used < capacity else { return [] }
        let first = Int(releasedEnd & (self.capacity &- 1))
        let last = first + used
        return last <= capacity ? [0..<first, last..<capacity] : [last - capacity..<first]
    }

    /// Whether every claimed position was published: nobody is between claiming and publishing.
    func isSettled(bytes: Int) -> Bool {
        var position = releasedEnd
        let end = end
        while position < end {
            guard isPublished(position, bytes: bytes) else { return false }
            position &+= 1
        }
        return true
    }
}
