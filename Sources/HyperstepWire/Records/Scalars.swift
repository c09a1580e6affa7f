#if canImport(FoundationEssentials)
    public import struct FoundationEssentials.UUID
#else
    public import struct Foundation.UUID
#endif

/// Numbers that one process of one run logged under names of its own, column by column.
public struct Scalars: Sendable {
    /// The run.
    public var runID: UUID
    /// Which life of the run's process, from 0.
    public var attempt: Int16
    /// Which of the run's processes, from 0.
    public var rank: Int16
    /// The metrics that the rows name by their place here: at most `WireLimits.maxMetrics`, no name twice.
    public var metrics: [Metric] = []
    /// When each value was recorded: nanoseconds since 1970, 0 or later. One per row.
    public var times: [Int64] = []
    /// Place in `metrics` of each row's metric.
    public var metricIndexes: [UInt32] = []
    /// Step of each row.
    public var steps: [Int64] = []
    /// Value of each row: any double, kept bit for bit.
    public var values: [Double] = []

    /// Creates an empty batch of numbers of one process of one run.
    public init(runID: UUID, attempt: Int16 = 0, rank: Int16 = 0) {
        self.runID = runID
        self.attempt = attempt
        self.rank = rank
    }

    /// How many rows there are.
    public var count: Int { times.count }
}

/// The name that numbers are logged under.
public struct Metric: Equatable, Hashable, Sendable {
    /// As `val/top5`: 1 to 256 bytes.
    public var name: String
    /// A UCUM unit, as `ms` or `1`: at most 256 bytes. Empty: none given.
    public var unit: String

    /// Creates a metric's name and unit.
    public init(name: String, unit: String = "") {
        self.name = name
        self.unit = unit
    }
}

extension Scalars: Equatable {
    /// Equal bit for bit: a NaN equals the same NaN, and −0 is not 0.
    public static func == (left: Scalars, right: Scalars) -> Bool {
        left.runID == right.runID && left.attempt == right.attempt && left.rank == right.rank
            && left.metrics == right.metrics && left.times == right.times
            && left.metricIndexes == right.metricIndexes && left.steps == right.steps
            && left.values.elementsEqual(right.values, by: Double.isSame)
    }
}
