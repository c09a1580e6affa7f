#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where everything lies in a recorder's file (format version 3):
///
///     0         header      4 KiB    the constant part: geometry and streams, under a checksum
///     4 KiB     identity   68 KiB    what the SDK needs to ship the file: length, checksum, bytes
///     72 KiB    cursors     4 KiB    per kind of ring: tail, released, dropped, on cache lines of their own
///     76 KiB    slots                of the rings that the recorder has, in the order of their kinds
///               names                of scalars, where there is a ring for them (``NameTable``)
///               monitors             counters of series, where there is a ring of windows (``MonitorPlace``)
///               instruments          the same of instruments, where there is a ring for them (``InstrumentPlace``)
///     end−72K   copies of header and identity, so that damage to the first pages loses no records
///
/// All numbers are in the byte order of the machine that made the file; a mark in the header tells a stranger.
/// Version 1 is a file of steps and events alone, both of which it always had. Version 2 is one without instruments,
/// and still made where there are none, so that programs that know no more can read it.
struct FileLayout: Equatable, Sendable {
    static let newestVersion: UInt32 = 3
    static let headerBytes = 4_096
    static let identityBytes = 17 * 4_096
    static let headBytes = headerBytes + identityBytes
    static let cursorsOffset = headBytes
    static let cursorsBytes = 4_096
    static let slotsOffset = cursorsOffset + cursorsBytes
    static let maximumIdentity = 65_536
    static let nameCapacities = 1...65_536
    static let seriesCapacities = 1...256
    static let instrumentCapacities = 1...8_192

    /// A ring that is wanted.
    struct Ring: Equatable, Sendable {
        let kind: RingKind
        let stream: UUID
        let capacity: Int
    }

    let version: UInt32
    let recorder: UUID
    /// The rings that there are, in the file's order.
    let rings: [RingPlace]
    /// 0 where there are no scalars.
    let nameCapacity: Int
    /// 0 where there are no windows.
    let seriesCapacity: Int
    /// 0 where there are no instruments.
    let instrumentCapacity: Int
    let namesOffset: Int
    let monitorsOffset: Int
    let instrumentsOffset: Int
    let copyOffset: Int

    var fileBytes: Int { copyOffset + Self.headBytes }

    /// Nil for a geometry that no recorder of this version has: in a header it is damage.
    init?(
        version: UInt32? = nil, recorder: UUID, rings: [Ring], nameCapacity: Int, seriesCapacity: Int,
        instrumentCapacity: Int = 0
    ) {
        let version = version ?? (instrumentCapacity > 0 ? 3 : 2)
        let kinds = rings.map(\.kind.rawValue)
        guard zip(kinds, kinds.dropFirst()).allSatisfy({ $0 < $1 }),
            rings.allSatisfy({ $0.kind.capacities.contains($0.capacity) && Self.isPowerOfTwo($0.capacity) }),
            version == (instrumentCapacity > 0 ? 3 : 2)
                || (version == 1 && rings.map(\.kind) == [.steps, .events]),
            Self.fits(nameCapacity, Self.nameCapacities, ifPresent: .scalars, in: rings),
            Self.fits(seriesCapacity, Self.seriesCapacities, ifPresent: .windows, in: rings),
            Self.fits(instrumentCapacity, Self.instrumentCapacities, ifPresent: .series, in: rings)
        else { return nil }
        self.version = version
        self.recorder = recorder
        self.nameCapacity = nameCapacity
        self.seriesCapacity = seriesCapacity
        self.instrumentCapacity = instrumentCapacity
        var places: [RingPlace] = []
        var offset = Self.slotsOffset
        for ring in rings {
            places.append(
                RingPlace(kind: ring.kind, stream: ring.stream, capacity: ring.capacity, slotsOffset: offset))
            offset += ring.capacity * ring.kind.slotBytes
        }
        self.rings = places
        namesOffset = offset
        monitorsOffset = namesOffset + NamePlace.areaBytes(capacity: nameCapacity)
        instrumentsOffset = monitorsOffset + MonitorPlace.areaBytes(capacity: seriesCapacity)
        copyOffset = instrumentsOffset + InstrumentPlace.areaBytes(capacity: instrumentCapacity)
    }

    private static func fits(
        _ capacity: Int, _ range: ClosedRange<Int>, ifPresent kind: RingKind, in rings: [Ring]
    ) -> Bool {
        rings.contains { $0.kind == kind } ? range.contains(capacity) : capacity == 0
    }

    func ring(_ kind: RingKind) -> RingPlace? { rings.first { $0.kind == kind } }

    static func isPowerOfTwo(_ number: Int) -> Bool { number > 0 && number & (number - 1) == 0 }

    static func wholePages(_ bytes: Int) -> Int { (bytes + 4_095) & ~4_095 }
}
