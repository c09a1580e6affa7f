#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The header page: a layout as bytes, and bytes from anywhere as a layout or the reason why not.
///
///     0   magic "HYPRSTEP"      8   format version u32     12  byte-order mark u32
///     16  recorder UUID         32  file bytes u64         40  identity capacity u32   44  ring count u32
///     64  per ring, 64 bytes: kind u32, slot bytes u32, capacity u64, stream UUID, cursors offset u64,
///         slots offset u64
///     4092 CRC32C of all before it
enum FileHeader {
    static let version: UInt32 = 1
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
        page.storeBytes(of: version, toByteOffset: 8, as: UInt32.self)
        page.storeBytes(of: byteOrderMark, toByteOffset: 12, as: UInt32.self)
        page.storeBytes(of: layout.recorder.uuid, toByteOffset: 16, as: uuid_t.self)
        page.storeBytes(of: UInt64(layout.fileBytes), toByteOffset: 32, as: UInt64.self)
        page.storeBytes(of: UInt32(FileLayout.maximumIdentity), toByteOffset: 40, as: UInt32.self)
        page.storeBytes(of: UInt32(layout.rings.count), toByteOffset: 44, as: UInt32.self)
        for (number, ring) in layout.rings.enumerated() {
            let start = ringsOffset + number * ringBytes
            page.storeBytes(of: ring.kind.rawValue, toByteOffset: start, as: UInt32.self)
            page.storeBytes(of: UInt32(ring.slotBytes), toByteOffset: start + 4, as: UInt32.self)
            page.storeBytes(of: UInt64(ring.capacity), toByteOffset: start + 8, as: UInt64.self)
            page.storeBytes(of: ring.stream.uuid, toByteOffset: start + 16, as: uuid_t.self)
            page.storeBytes(of: UInt64(ring.cursorsOffset), toByteOffset: start + 32, as: UInt64.self)
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
        let foundVersion = page.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
        guard foundVersion == version else {
            throw Unreadable(
                expected: "format version \(version)", found: "version \(foundVersion)", isOtherVersion: true)
        }
        return try layout(in: page)
    }

    /// The checksum is right, but whoever computed it may have been wrong: rebuilding the page from what it
    /// says and comparing all of it leaves nothing unchecked.
    private static func layout(in page: UnsafeRawBufferPointer) throws(Unreadable) -> FileLayout {
        func uuid(_ offset: Int) -> UUID {
            UUID(uuid: page.loadUnaligned(fromByteOffset: offset, as: uuid_t.self))
        }
        func capacity(_ ring: Int) -> Int {
            Int(
                clamping: page.loadUnaligned(
                    fromByteOffset: ringsOffset + ring * ringBytes + 8, as: UInt64.self))
        }
        let layout = FileLayout(
            recorder: uuid(16), stepStream: uuid(ringsOffset + 16),
            eventStream: uuid(ringsOffset + ringBytes + 16),
            stepCapacity: capacity(0), eventCapacity: capacity(1))
        let mismatch = Unreadable(
            expected: "the geometry of format version \(version)", found: "another geometry")
        guard layout.isPlausible else { throw mismatch }
        let same = withUnsafeTemporaryAllocation(byteCount: FileLayout.headerBytes, alignment: 16) {
            rebuilt in
            write(layout, to: rebuilt)
            return rebuilt.elementsEqual(page)
        }
        guard same else { throw mismatch }
        return layout
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
