import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the ledger says of one batch: the whole of "exactly once", without I/O.
enum LedgerDecision: Equatable, Sendable {
    /// Write these rows of the batch; the stream is then at the batch's end. Rows are counted without the
    /// positions that hold no record, so the range may be empty.
    case write(rows: Range<Int>)
    /// All of it was written before.
    case duplicate
    /// Positions before it were never seen.
    case gap
}

/// One stream's place in the ledger, as read under its row's lock and moved by the batches of one group.
struct LedgerEntry: Equatable, Sendable {
    /// The position that is expected next.
    private(set) var nextPosition: UInt64
    /// Records that the producer says it dropped.
    private(set) var dropped: UInt64
    /// Whether it is to be written back.
    private(set) var isChanged = false

    init(nextPosition: UInt64, dropped: UInt64 = 0) {
        self.nextPosition = nextPosition
        self.dropped = dropped
    }

    /// Decides on a batch and moves the stream past it unless there is a gap.
    ///
    /// - Parameter limit: told the rows that are due, how far they may be written now: their end, or the first
    ///   row to be left for later. The stream is then moved to that row's position.
    mutating func admit(
        _ batch: Batch, limit: (Range<Int>) -> Int = { $0.upperBound }
    ) -> LedgerDecision {
        if batch.firstPosition > nextPosition { return .gap }
        if batch.droppedRecords > dropped {
            dropped = batch.droppedRecords
            isChanged = true
        }
        guard batch.lastPosition > nextPosition else { return .duplicate }
        let rows = Self.rows(of: batch, from: nextPosition)
        let end = rows.isEmpty ? rows.upperBound : limit(rows)
        nextPosition = end < rows.upperBound ? batch.position(ofRow: end) : batch.lastPosition
        isChanged = true
        return .write(rows: rows.lowerBound..<end)
    }

    /// The rows of `batch` at `position` and after it.
    private static func rows(of batch: Batch, from position: UInt64) -> Range<Int> {
        guard case let count = batch.rowCount, count > 0 else { return 0..<0 }
        let offset = position - batch.firstPosition
        let voidsBefore = batch.voidOffsets.prefix { UInt64($0) < offset }.count
        return min(count, Int(offset) - voidsBefore)..<count
    }
}

extension Batch {
    /// How many records it carries; a skip has none.
    var rowCount: Int {
        switch records {
        case .skip: 0
        case .trainingSteps(let steps): steps.count
        case .runEvents(let events): events.count
        case .scalars(let scalars): scalars.count
        case .inferenceWindows(let windows): windows.count
        case .systemSamples(let samples): samples.count
        case .experimentEvents(let events): events.count
        case .seriesWindows(let windows): windows.count
        }
    }

    /// How much there is to write: the rows that it becomes in all tables.
    var tableRowCount: Int {
        switch records {
        case .inferenceWindows(let windows): windows.windows.reduce(0) { $0 + 1 + $1.bucketCount }
        case .seriesWindows(let windows): windows.bucketCounts.reduce(windows.count, +)
        default: rowCount
        }
    }

    /// The position of a row, which is found past the positions that hold no record.
    func position(ofRow row: Int) -> UInt64 {
        var offset = UInt64(row)
        for void in voidOffsets where UInt64(void) <= offset { offset += 1 }
        return firstPosition + offset
    }

    /// The run that it is about, as far as it says.
    var runID: UUID? {
        switch records {
        case .skip, .inferenceWindows, .experimentEvents: nil
        case .trainingSteps(let steps): steps.runID
        case .runEvents(let events): events.first?.runID
        case .scalars(let scalars): scalars.runID
        case .systemSamples(let samples): samples.runID
        case .seriesWindows(let windows): windows.runID
        }
    }
}
