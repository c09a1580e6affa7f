#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a ring of a recorder holds. The number names it in the file, for ever.
enum RingKind: UInt32, Sendable, CaseIterable {
    case steps = 1
    case events = 2
    case scalars = 3
    case experiments = 4
    case samples = 5
    case windows = 6
    case series = 7

    /// Whether it holds windows, which come to an end later than recording: with what was counted last.
    var isOfWindows: Bool { self == .windows || self == .series }

    var slotBytes: Int {
        switch self {
        case .steps: StepRing.slotBytes
        case .scalars: ScalarRing.slotBytes
        case .events, .experiments: EventRing.slotBytes
        case .samples: 1_024
        case .windows: 32_768
        case .series: 2_048
        }
    }

    /// How many slots there may be, always a power of two. Their bytes are whole pages.
    var capacities: ClosedRange<Int> {
        switch self {
        case .steps, .scalars: 64...1_048_576
        case .events, .experiments, .samples: 8...4_096
        case .windows: 8...1_024
        // A window in as many parts as there may be blocks, 64, has to find room where half is taken: only beyond
        // that is the ring emptied to spool files.
        case .series: 128...16_384
        }
    }

    /// Each kind has its cursors in a place of its own, whether there is such a ring or not.
    var cursorsOffset: Int { FileLayout.cursorsOffset + (Int(rawValue) - 1) * RingCore.cursorBytes }
}

/// One ring as a file has it.
struct RingPlace: Equatable, Sendable {
    let kind: RingKind
    let stream: UUID
    let capacity: Int
    let slotsOffset: Int

    var slotsBytes: Int { capacity * kind.slotBytes }
    var releasedOffset: Int { kind.cursorsOffset + RingCore.cursorSpacing }
}
