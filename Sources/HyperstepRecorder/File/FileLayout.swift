#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where everything lies in a recorder's file (format version 1):
///
///     0         header      4 KiB    the constant part: geometry and streams, under a checksum
///     4 KiB     identity   68 KiB    what the SDK needs to ship the file: length, checksum, bytes
///     72 KiB    cursors     4 KiB    per ring: tail, released, dropped, on cache lines of their own
///     76 KiB    step slots           128 bytes each
///               event slots          16 KiB each
///     end−72K   copies of header and identity, so that damage to the first pages loses no records
///
/// All numbers are in the byte order of the machine that made the file; a mark in the header tells a stranger.
struct FileLayout: Equatable, Sendable {
    static let headerBytes = 4_096
    static let identityBytes = 17 * 4_096
    static let headBytes = headerBytes + identityBytes
    static let cursorsOffset = headBytes
    static let cursorsBytes = 4_096
    static let maximumIdentity = 65_536

    let recorder: UUID
    let stepStream: UUID
    let eventStream: UUID
    let stepCapacity: Int
    let eventCapacity: Int

    /// The rings in the file's order.
    var rings: [RingPlace] {
        let steps = RingPlace(
            kind: .steps, stream: stepStream, capacity: stepCapacity, slotBytes: StepRing.slotBytes,
            cursorsOffset: Self.cursorsOffset, slotsOffset: Self.cursorsOffset + Self.cursorsBytes)
        let events = RingPlace(
            kind: .events, stream: eventStream, capacity: eventCapacity, slotBytes: EventRing.slotBytes,
            cursorsOffset: steps.cursorsOffset + RingCore.cursorBytes,
            slotsOffset: steps.slotsOffset + steps.slotsBytes)
        return [steps, events]
    }

    var copyOffset: Int { Self.cursorsOffset + Self.cursorsBytes + rings.map(\.slotsBytes).reduce(0, +) }
    var fileBytes: Int { copyOffset + Self.headBytes }

    static let stepCapacities = 64...1_048_576
    static let eventCapacities = 8...4_096

    static func isPowerOfTwo(_ number: Int) -> Bool { number > 0 && number & (number - 1) == 0 }

    /// A layout that this version makes. Any other geometry in a header is no header of ours.
    var isPlausible: Bool {
        Self.stepCapacities.contains(stepCapacity) && Self.isPowerOfTwo(stepCapacity)
            && Self.eventCapacities.contains(eventCapacity) && Self.isPowerOfTwo(eventCapacity)
    }
}

/// One ring's place in the file.
struct RingPlace: Equatable, Sendable {
    enum Kind: UInt32, Sendable { case steps = 1, events = 2 }
    let kind: Kind
    let stream: UUID
    let capacity: Int
    let slotBytes: Int
    let cursorsOffset: Int
    let slotsOffset: Int

    var slotsBytes: Int { capacity * slotBytes }
    var releasedOffset: Int { cursorsOffset + RingCore.cursorSpacing }
}
