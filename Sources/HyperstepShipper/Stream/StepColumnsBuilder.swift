import HyperstepRecorder
import HyperstepWire

/// Turns records, row by row, into the columns of a batch.
struct StepColumnsBuilder {
    private var steps: TrainingSteps
    /// Which columns each row has, one bit each in `TrainingColumn` order.
    private var present: [UInt8] = []
    private var values: [[Double]] = Array(repeating: [], count: TrainingColumn.allCases.count)

    /// - Parameter steps: whose steps these are, without rows.
    init(steps: TrainingSteps, capacity: Int) {
        self.steps = steps
        self.steps.times.reserveCapacity(capacity)
        self.steps.steps.reserveCapacity(capacity)
        self.steps.epochs.reserveCapacity(capacity)
        self.steps.batches.reserveCapacity(capacity)
        present.reserveCapacity(capacity)
    }

    mutating func append(_ record: StepRecord) {
        // A clock before 1970 is no time that the contract has.
        steps.times.append(max(record.time, 0))
        steps.steps.append(record.step)
        steps.epochs.append(record.epoch)
        steps.batches.append(record.batch)
        let mask = record.present.rawValue
        present.append(mask)
        for column in 0..<values.count where mask & (1 << UInt8(column)) != 0 {
            values[column].append(record.value(column: column))
        }
    }

    /// The columns of all rows appended so far.
    consuming func finish() -> TrainingSteps {
        for column in TrainingColumn.allCases {
            let values = values[column.rawValue]
            let isPartial = !values.isEmpty && values.count < present.count
            steps[column] = DoubleColumn(values: values, presence: isPartial ? bitmap(of: column) : [])
        }
        return steps
    }

    private func bitmap(of column: TrainingColumn) -> [UInt8] {
        var bitmap = [UInt8](repeating: 0, count: (present.count + 7) / 8)
        for (row, mask) in present.enumerated() where mask & (1 << UInt8(column.rawValue)) != 0 {
            bitmap[row / 8] |= 1 << UInt8(row % 8)
        }
        return bitmap
    }
}
