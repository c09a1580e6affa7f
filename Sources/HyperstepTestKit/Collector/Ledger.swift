import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How far each stream is committed: the rules of the real collector's ledger.
struct Ledger {
    enum Outcome: Equatable {
        /// The batch begins after what is known.
        case gap(next: UInt64)
        /// Positions from `new` on were not there before; none where it is the end of the batch.
        case committed(new: UInt64, next: UInt64)
    }

    private var next: [UUID: UInt64] = [:]

    mutating func commit(_ batch: Batch) -> Outcome {
        let known = next[batch.stream] ?? 0
        guard batch.firstPosition <= known else { return .gap(next: known) }
        let now = max(known, batch.lastPosition)
        next[batch.stream] = now
        return .committed(new: min(max(known, batch.firstPosition), batch.lastPosition), next: now)
    }
}
