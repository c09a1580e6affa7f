/// What a registrar said of a series, as bytes in the file: length u32, CRC32C u32 of the bytes, the bytes.
struct IdentityPlace {
    static let headBytes = 8

    let start: UnsafeMutableRawPointer
    let maximum: Int

    func write(_ identity: [UInt8]) {
        precondition(identity.count <= maximum, "the identity was checked to fit")
        start.storeBytes(of: UInt32(identity.count), as: UInt32.self)
        start.storeBytes(of: CRC32C.of(identity), toByteOffset: 4, as: UInt32.self)
        UnsafeMutableRawBufferPointer(start: start + Self.headBytes, count: identity.count)
            .copyBytes(from: identity)
    }

    /// Nil if it is damaged.
    var bytes: [UInt8]? {
        let length = Int(start.load(as: UInt32.self))
        guard (1...maximum).contains(length) else { return nil }
        let bytes = Array(UnsafeRawBufferPointer(start: start + Self.headBytes, count: length))
        return CRC32C.of(bytes) == start.load(fromByteOffset: 4, as: UInt32.self) ? bytes : nil
    }
}
