import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What one transaction does with the batches of a group, and, once it is committed, has done.
struct GroupOutcome {
    /// Batches that are done with, in their order.
    private(set) var applied: [Applied] = []
    /// What is written, the first rows of batches that are not done with included.
    private(set) var writes: [BatchRows] = []
    /// Batches of which nothing was written, since others took what one transaction may touch.
    private(set) var waiting: [PendingBatch] = []
    /// Batches of which the first part was written, and those of the same streams behind them.
    private(set) var unfinished: [PendingBatch] = []
    var copies = CopyReport()
    /// Rows of `writes` that are not written.
    var refusals: [(pending: PendingBatch, refusal: Refusal, owner: NameOwner)] = []

    /// What became of one batch.
    struct Applied {
        let pending: PendingBatch
        let decision: LedgerDecision
        /// Where its stream stood after it.
        let nextPosition: UInt64
    }

    init() {}

    /// Decides on a group, sorted by stream and position, and moves the ledger.
    ///
    /// - Parameter limit: told a batch and the rows that are due, how far they may be written.
    init(
        _ group: [PendingBatch], _ ledger: inout [UUID: LedgerEntry],
        limit: (PendingBatch, Range<Int>) -> Int
    ) {
        // The stream that cannot go on, and whether it wrote something.
        var held: (stream: UUID, wrote: Bool)?
        for pending in group {
            let stream = pending.batch.stream
            if held?.stream != stream {
                var entry = ledger[stream] ?? LedgerEntry(nextPosition: 0)
                let decision = entry.admit(pending.batch) { limit(pending, $0) }
                ledger[stream] = entry
                if case .write(let rows) = decision { writes.append(BatchRows(pending: pending, rows: rows)) }
                if decision.finishes(pending.batch, at: entry.nextPosition) {
                    applied.append(
                        Applied(pending: pending, decision: decision, nextPosition: entry.nextPosition))
                    continue
                }
                held = (stream, writes.contains { $0.pending.batch.stream == stream && !$0.rows.isEmpty })
            }
            if held?.wrote == true { unfinished.append(pending) } else { waiting.append(pending) }
        }
    }

    /// How many rows and events are written.
    var rowCount: Int {
        writes.reduce(0) { $0 + $1.rows.count } - refusals.reduce(0) { $0 + Int($1.refusal.count) }
    }

    /// Whether any of it is written by ids, or left out for attempts, that are remembered from earlier transactions.
    var usesNames: Bool {
        writes.contains { write in
            switch write.pending.batch.records {
            case .scalars, .seriesWindows: !write.rows.isEmpty
            case .trainingSteps(let steps): steps.attempt > 0 && !write.rows.isEmpty
            case .skip, .runEvents, .inferenceWindows, .systemSamples, .experimentEvents: false
            }
        }
    }

    /// The run events that are written.
    var events: [RunEvent] {
        writes.flatMap { write -> ArraySlice<RunEvent> in
            guard case .runEvents(let events) = write.pending.batch.records else { return [] }
            return events[write.rows]
        }
    }
}

extension LedgerDecision {
    /// Whether the batch is done with, now that its stream is at `position`.
    fileprivate func finishes(_ batch: Batch, at position: UInt64) -> Bool {
        guard case .write = self else { return true }
        return position >= batch.lastPosition
    }
}
