#if canImport(FoundationEssentials)
    public import struct FoundationEssentials.UUID
#else
    public import struct Foundation.UUID
#endif

/// The nullable columns of a training step, in the order of `TrainingSteps.columns`.
public enum TrainingColumn: Int, CaseIterable, Sendable {
    case loss, accuracy, precision, recall
    case f1Score
    case learningRate
    case gradientNorm
    case stepTimeMs

    /// The column's name in the contract and in the table `training_metrics`.
    public var name: String {
        switch self {
        case .loss: "loss"
        case .accuracy: "accuracy"
        case .precision: "precision"
        case .recall: "recall"
        case .f1Score: "f1_score"
        case .learningRate: "learning_rate"
        case .gradientNorm: "gradient_norm"
        case .stepTimeMs: "step_time_ms"
        }
    }
}

/// Training steps of one process of one run, column by column.
public struct TrainingSteps: Equatable, Sendable {
    /// The model that is trained.
    public var modelID: UUID
    /// The run.
    public var runID: UUID
    /// Which life of the run's process, from 0.
    public var attempt: Int16
    /// Which of the run's processes, from 0.
    public var rank: Int16
    /// When each step was recorded: nanoseconds since 1970, 0 or later. One per row.
    public var times: [Int64] = []
    /// Global step of each row.
    public var steps: [Int64] = []
    /// Epoch of each row.
    public var epochs: [Int32] = []
    /// Batch within its epoch of each row.
    public var batches: [Int32] = []
    /// The nullable columns, one per `TrainingColumn`, in its order.
    public var columns: [DoubleColumn] = Array(
        repeating: DoubleColumn(), count: TrainingColumn.allCases.count)

    /// Creates an empty batch of steps of one process of one run.
    public init(modelID: UUID, runID: UUID, attempt: Int16 = 0, rank: Int16 = 0) {
        self.modelID = modelID
        self.runID = runID
        self.attempt = attempt
        self.rank = rank
    }

    /// How many rows there are.
    public var count: Int { times.count }

    /// One of the nullable columns.
    public subscript(column: TrainingColumn) -> DoubleColumn {
        get { columns[column.rawValue] }
        set { columns[column.rawValue] = newValue }
    }
}
