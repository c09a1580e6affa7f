#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The header page: a layout as bytes, and bytes from anywhere as a layout or the reason why not.
///
///     0   magic "HYPRSTEP"      8   format version u32     12  byte-order mark u32
///     16  recorder UUID         32  file bytes u64         40  identity capacity u32   44  ring count u32
///     48  name capacity u32     52  series capacity u32    56  counters of a series u32
///     60  instrument capacity u32
///     64  per ring, 64 bytes: kind u32, slot bytes u32, capacity u64, stream UUID, cursors offset u64,
///         slots offset u64
///     4092 CRC32C of all before it
enum FileHeader {
    private static let magic: [UInt8] = Array("HYPRSTEP".utf8)
    private static let byteOrderMark: UInt32 = 0x0102_0304
    private static let ringsOffset = 64
    private static let ringBytes = 64
    private static let checksumOffset = FileLayout.headerBytes - 4

    /// Why bytes are no header that this version reads.
    struct Unreadable: Error, Equatable {
        let expected: String
        let found: String
        /// A whole header of another format version: its maker can read it.
        var isOtherVersion = false
    }

    static func write(_ layout: FileLayout, to page: UnsafeMutableRawBufferPointer) {
        precondition(page.count == FileLayout.headerBytes, "a header is a page")
        page.initializeMemory(as: UInt8.self, repeating: 0)
        page.copyBytes(from: magic)
        page.storeBytes(of: layout.version, toByteOffset: 8, as: UInt32.self)
        page.storeBytes(of: byteOrderMark, toByteOffset: 12, as: UInt32.self)
        page.storeBytes(of: layout.recorder.uuid, toByteOffset: 16, as: uuid_t.self)
        page.storeBytes(of: UInt64(layout.fileBytes), toByteOffset: 32, as: UInt64.self)
        page.storeBytes(of: UInt32(FileLayout.maximumIdentity), toByteOffset: 40, as: UInt32.self)
        page.storeBytes(of: UInt32(layout.rings.count), toByteOffset: 44, as: UInt32.self)
        page.storeBytes(of: UInt32(layout.nameCapacity), toByteOffset: 48, as: UInt32.self)
        page.storeBytes(of: UInt32(layout.seriesCapacity), toByteOffset: 52, as: UInt32.self)
        let counters = layout.seriesCapacity == 0 ? 0 : MonitorPlace.stripes * MonitorPlace.counters
        page.storeBytes(of: UInt32(counters), toByteOffset: 56, as: UInt32.self)
        page.storeBytes(of: UInt32(layout.instrumentCapacity), toByteOffset: 60, as: UInt32.self)
        for (number, ring) in layout.rings.enumerated() {
            let start = ringsOffset + number * ringBytes
            page.storeBytes(of: ring.kind.rawValue, toByteOffset: start, as: UInt32.self)
            page.storeBytes(of: UInt32(ring.kind.slotBytes), toByteOffset: start + 4, as: UInt32.self)
            page.storeBytes(of: UInt64(ring.capacity), toByteOffset: start + 8, as: UInt64.self)
            page.storeBytes(of: ring.stream.uuid, toByteOffset: start + 16, as: uuid_t.self)
            page.storeBytes(of: UInt64(ring.kind.cursorsOffset), toByteOffset: start + 32, as: UInt64.self)
            page.storeBytes(of: UInt64(ring.slotsOffset), toByteOffset: start + 40, as: UInt64.self)
        }
        page.storeBytes(of: checksum(page), toByteOffset: checksumOffset, as: UInt32.self)
    }

    static func read(_ page: UnsafeRawBufferPointer) throws(Unreadable) -> FileLayout {
        guard page.count == FileLayout.headerBytes else {
            throw Unreadable(
                expected: "a header of \(FileLayout.headerBytes) bytes", found: "\(page.count) bytes")
        }
        guard page.prefix(8).elementsEqual(magic) else {
            throw Unreadable(expected: "a file that starts with HYPRSTEP", found: "other bytes")
        }
        let mark = page.loadUnaligned(fromByteOffset: 12, as: UInt32.self)
        guard mark == byteOrderMark else {
            let swapped = mark == byteOrderMark.byteSwapped
            throw Unreadable(
                expected: "this machine's byte order",
                found: swapped ? "the other byte order" : "a damaged byte-order mark", isOtherVersion: swapped
            )
        }
        let found = page.loadUnaligned(fromByteOffset: checksumOffset, as: UInt32.self)
        guard found == checksum(page) else {
            throw Unreadable(
                expected: "a header with the checksum \(checksum(page))", found: "the checksum \(found)")
        }
        let version = page.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
        guard (1...FileLayout.newestVersion).contains(version) else {
            throw Unreadable(
                expected: "format version 1 to \(FileLayout.newestVersion)", found: "version \(version)",
                isOtherVersion: true)
        }
        guard let layout = layout(in: page, version: version), isWritten(layout, the: page) else {
            throw Unreadable(
                expected: "a geometry of format version \(version)", found: "another geometry")
        }
        return layout
    }

    private static func layout(in page: UnsafeRawBufferPointer, version: UInt32) -> FileLayout? {
        func number(_ offset: Int) -> Int {
            Int(page.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        func uuid(_ offset: Int) -> UUID {
            UUID(uuid: page.loadUnaligned(fromByteOffset: offset, as: uuid_t.self))
        }
        let count = number(44)
        guard count <= RingKind.allCases.count else { return nil }
        var rings: [FileLayout.Ring] = []
        for start in (0..<count).map({ ringsOffset + $0 * ringBytes }) {
            guard let kind = RingKind(rawValue: UInt32(number(start))) else { return nil }
            let capacity = page.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)
            rings.append(.init(kind: kind, stream: uuid(start + 16), capacity: Int(clamping: capacity)))
        }
        return FileLayout(
            version: version, recorder: uuid(16), rings: rings, nameCapacity: number(48),
            seriesCapacity: number(52), instrumentCapacity: number(60))
    }

    /// The checksum is right, but whoever computed it may have been wrong: rebuilding the page from what it
    /// says and comparing all of it leaves nothing unchecked.
    private static func isWritten(_ layout: FileLayout, the page: UnsafeRawBufferPointer) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: FileLayout.headerBytes, alignment: 16) { rebuilt in
            write(layout, to: rebuilt)
            return rebuilt.elementsEqual(page)
        }
    }

    private static func checksum(_ page: some RawBytes) -> UInt32 {
        CRC32C.of(UnsafeRawBufferPointer(rebasing: page.readable[..<checksumOffset]))
    }
}

/// Read-only sight of either kind of raw buffer.
protocol RawBytes { var readable: UnsafeRawBufferPointer { get } }
extension UnsafeRawBufferPointer: RawBytes { var readable: UnsafeRawBufferPointer { self } }
extension UnsafeMutableRawBufferPointer: RawBytes {
    var readable: UnsafeRawBufferPointer { UnsafeRawBufferPointer(self) }
}
