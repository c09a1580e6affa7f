/// CRC-32C (Castagnoli), the checksum of what this target keeps in files.
///
/// Software tables, eight bytes a turn ("slicing by 8"): about as fast as a disk, the same on every machine,
/// and off the recording path altogether.
public struct CRC32C: Sendable {
    private var state: UInt32 = ~0

    /// An empty checksum.
    public init() {}

    /// The checksum of all bytes given so far.
    public var value: UInt32 { ~state }

    /// The checksum of `bytes`.
    public static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var sum = CRC32C()
        sum.update(bytes)
        return sum.value
    }

    /// The checksum of `bytes`.
    public static func of(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { of($0) } }

    /// Adds bytes; how they are cut into pieces makes no difference.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        state = Self.tables.withUnsafeBufferPointer { Self.advance(state, over: bytes, tables: $0) }
    }

    private static func advance(
        _ start: UInt32, over bytes: UnsafeRawBufferPointer, tables: UnsafeBufferPointer<UInt32>
    ) -> UInt32 {
        func table(_ number: Int, _ byte: UInt64) -> UInt32 { tables[number &* 256 &+ Int(byte & 0xFF)] }
        var crc = start
        var offset = 0
        while offset &+ 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let mixed = word ^ UInt64(crc)
            crc = table(7, mixed) ^ table(6, mixed >> 8) ^ table(5, mixed >> 16) ^ table(4, mixed >> 24)
            crc ^=
                table(3, mixed >> 32) ^ table(2, mixed >> 40) ^ table(1, mixed >> 48) ^ table(0, mixed >> 56)
            offset &+= 8
        }
        while offset < bytes.count {
            crc = (crc >> 8) ^ table(0, UInt64(crc) ^ UInt64(bytes[offset]))
            offset &+= 1
        }
        return crc
    }

    /// Eight tables of 256 entries; table n advances a byte over n more zero bytes.
    private static let tables: [UInt32] = {
        let polynomial: UInt32 = 0x82F6_3B78  // 0x1EDC6F41, bits reversed
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var crc = UInt32(byte)
            for _ in 0..<8 { crc = (crc >> 1) ^ (crc & 1 == 1 ? polynomial : 0) }
            tables[byte] = crc
        }
        for number in 1..<8 {
            for byte in 0..<256 {
                let shorter = tables[(number - 1) * 256 + byte]
                tables[number * 256 + byte] = (shorter >> 8) ^ tables[Int(shorter & 0xFF)]
            }
        }
        return tables
    }()
}
