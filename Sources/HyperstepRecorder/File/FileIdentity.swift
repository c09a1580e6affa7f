/// The identity region: length u32, CRC32C u32 of the bytes, eight bytes of nothing, the bytes.
enum FileIdentity {
    private static let bytesOffset = 16

    static func write(_ identity: [UInt8], to region: UnsafeMutableRawBufferPointer) {
        precondition(identity.count <= FileLayout.maximumIdentity, "the identity was validated")
        region.storeBytes(of: UInt32(identity.count), toByteOffset: 0, as: UInt32.self)
        region.storeBytes(of: CRC32C.of(identity), toByteOffset: 4, as: UInt32.self)
        UnsafeMutableRawBufferPointer(rebasing: region[bytesOffset...]).copyBytes(from: identity)
    }

    /// Nil if the region is damaged.
    static func read(_ region: UnsafeRawBufferPointer) -> [UInt8]? {
        guard region.count >= bytesOffset else { return nil }
        let length = Int(region.loadUnaligned(as: UInt32.self))
        guard length <= FileLayout.maximumIdentity, bytesOffset + length <= region.count else { return nil }
        let bytes = UnsafeRawBufferPointer(rebasing: region[bytesOffset..<bytesOffset + length])
        guard CRC32C.of(bytes) == region.loadUnaligned(fromByteOffset: 4, as: UInt32.self) else { return nil }
        return Array(bytes)
    }
}
