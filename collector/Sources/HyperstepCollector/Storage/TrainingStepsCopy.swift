import HyperstepPolicies
import HyperstepPostgres
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Training steps as rows of `training_metrics`.
struct TrainingStepsCopy: TableCopy, ~Copyable {
    static let table = Hypertable.trainingMetrics
    static let segmentColumns: Set<String> = ["model_id", "run_id"]
    static let statement = """
        COPY training_metrics (time, model_id, run_id, epoch, batch, loss, accuracy, precision, recall, f1_score,
        learning_rate, gradient_norm, step_time_ms, step, attempt, rank) FROM STDIN WITH (FORMAT binary)
        """

    private static let columns = TrainingColumn.allCases.count
    /// Rows turned from columns at a time: their values stay in the nearest cache.
    private static let block = 256

    private var values = [Double](repeating: 0, count: block * columns)
    /// Bit c of a row's byte: column c has a value.
    private var presence = [UInt8](repeating: 0, count: block)

    static func records(of batch: Batch) -> TrainingSteps? {
        if case .trainingSteps(let steps) = batch.records { steps } else { nil }
    }

    static func times(of steps: TrainingSteps) -> [Int64] { steps.times }
    static func segment(of steps: TrainingSteps) -> Segment { Segment(key: [steps.modelID, steps.runID]) }
    static func noteKey(of steps: TrainingSteps, _ row: Int) -> UUID? { steps.runID }

    mutating func write(
        _ steps: TrainingSteps, rows: Range<Int>, through copy: inout PostgresBinaryCopy,
        to writer: borrowing PostgresCopyWriter
    ) throws(PostgresError) {
        var next = steps.columns.map { $0.valueCount(before: rows.lowerBound) }
        var first = rows.lowerBound
        while first < rows.upperBound {
            let block = first..<min(first + Self.block, rows.upperBound)
            for column in 0..<Self.columns { gather(steps.columns[column], column, block, &next[column]) }
            append(steps, block, to: &copy)
            try copy.sendIfLarge(to: writer)
            first = block.upperBound
        }
    }

    /// Lays one column's values beside the other columns' of the same rows.
    private mutating func gather(_ column: DoubleColumn, _ place: Int, _ rows: Range<Int>, _ next: inout Int)
    {
        let bit = UInt8(1) << UInt8(place)
        if column.isAbsent {
            for row in 0..<rows.count { presence[row] &= ~bit }
            return
        }
        if column.presence.isEmpty {
            for row in 0..<rows.count {
                presence[row] |= bit
                values[row * Self.columns + place] = column.values[next + row]
            }
            next += rows.count
            return
        }
        for row in 0..<rows.count {
            if column.isPresent(rows.lowerBound + row) {
                presence[row] |= bit
                values[row * Self.columns + place] = column.values[next]
                next += 1
            } else {
                presence[row] &= ~bit
            }
        }
    }

    private func append(_ steps: TrainingSteps, _ rows: Range<Int>, to copy: inout PostgresBinaryCopy) {
        for (index, row) in rows.enumerated() {
            copy.row(fields: 16)
            copy.timestamp(nanoseconds: steps.times[row])
            copy.uuid(steps.modelID)
            copy.uuid(steps.runID)
            copy.int4(steps.epochs.isEmpty ? 0 : steps.epochs[row])
            copy.int4(steps.batches.isEmpty ? 0 : steps.batches[row])
            let present = presence[index]
            for column in 0..<Self.columns {
                if present & (1 << UInt8(column)) != 0 {
                    copy.float8(values[index * Self.columns + column])
                } else {
                    copy.null()
                }
            }
            copy.int8(steps.steps[row])
            copy.int2(steps.attempt)
            copy.int2(steps.rank)
        }
    }
}
