/// Bytes, numbers little-endian.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }

    /// Seven bits a byte, the lowest first; the last byte has no eighth bit.
    mutating func appendVarint(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// Varints one after the other.
struct VarintReader {
    let bytes: UnsafeRawBufferPointer
    private(set) var offset: Int
    private var isDamaged = false

    init(bytes: UnsafeRawBufferPointer, offset: Int) {
        self.bytes = bytes
        self.offset = offset
    }

    /// Whether all bytes were read, and each was part of a number.
    var isAtEnd: Bool { !isDamaged && offset == bytes.count }

    /// Nil at the end, and where there is no number.
    mutating func next() -> UInt64? {
        guard !isDamaged, offset < bytes.count else { return nil }
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard offset < bytes.count else { break }
            let byte = bytes[offset]
            offset += 1
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
        }
        isDamaged = true
        return nil
    }
}
