#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What ties a ring to its file: the memory it lives in, its stream (zeros where there is no such ring), and how releases reach an orphan's file.
struct RingBinding: Sendable {
    let memory: RecorderMemory
    let stream: UUID
    let isOrphan: Bool
    /// Where the file keeps `released`, if releases must be written there: an orphan is read into memory.
    let releasedOffset: Int?

    func persistRelease() {
        if let releasedOffset { memory.persist(releasedOffset, 8) }
    }
}
