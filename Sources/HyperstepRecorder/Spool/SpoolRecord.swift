/// A spool record's header: 32 bytes before the payload, in little-endian.
///
///     0  magic "HSPR"   4  payload bytes u32   8  first position u64   16  positions u64
///     24 CRC32C of the payload                 28 CRC32C of the 28 bytes before
///
/// The header's own checksum lets a reader walk a file without reading payloads, and find its feet again behind
/// damage; the magic only makes that search quick.
struct SpoolRecord: Equatable {
    static let headerBytes = 32
    static let magic: UInt32 = 0x5250_5348  // "HSPR"

    let payloadBytes: Int
    let first: UInt64
    let count: UInt64
    let checksum: UInt32

    var bytes: Int { Self.headerBytes + payloadBytes }
    var end: UInt64 { first + count }

    init(first: UInt64, count: UInt64, payload: UnsafeRawBufferPointer) {
        payloadBytes = payload.count
        self.first = first
        self.count = count
        checksum = CRC32C.of(payload)
    }

    /// Nil if the bytes are no whole header.
    init?(_ header: UnsafeRawBufferPointer) {
        guard header.count >= Self.headerBytes else { return nil }
        func u32(_ offset: Int) -> UInt32 {
            UInt32(littleEndian: header.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        func u64(_ offset: Int) -> UInt64 {
            UInt64(littleEndian: header.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        guard u32(0) == Self.magic, u32(28) == CRC32C.of(UnsafeRawBufferPointer(rebasing: header[..<28]))
        else {
            return nil
        }
        payloadBytes = Int(u32(4))
        first = u64(8)
        count = u64(16)
        checksum = u32(24)
        // A checksum does not keep out a number that a broken writer put there.
        guard !first.addingReportingOverflow(count).overflow else { return nil }
    }

    func write(to header: UnsafeMutableRawBufferPointer) {
        header.storeBytes(of: Self.magic.littleEndian, toByteOffset: 0, as: UInt32.self)
        header.storeBytes(of: UInt32(payloadBytes).littleEndian, toByteOffset: 4, as: UInt32.self)
        header.storeBytes(of: first.littleEndian, toByteOffset: 8, as: UInt64.self)
        header.storeBytes(of: count.littleEndian, toByteOffset: 16, as: UInt64.self)
        header.storeBytes(of: checksum.littleEndian, toByteOffset: 24, as: UInt32.self)
        let own = CRC32C.of(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(header)[..<28]))
        header.storeBytes(of: own.littleEndian, toByteOffset: 28, as: UInt32.self)
    }
}
