#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Which writer a stream belongs to: always the same, so that its batches are committed in the order in which
/// they came.
struct Router: Sendable {
    let writers: Int

    func writer(of stream: UUID) -> Int {
        // FNV-1a: unlike Hasher it is not seeded anew in each process, which makes routing repeatable.
        let hash = withUnsafeBytes(of: stream.uuid) { bytes in
            bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        }
        return Int(hash % UInt64(writers))
    }
}
