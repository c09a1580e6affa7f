public import HyperstepHistogram

#if canImport(FoundationEssentials)
    public import struct FoundationEssentials.UUID
#else
    public import struct Foundation.UUID
#endif

/// What the instruments of one process counted and measured, one row per series and interval in which something
/// was recorded, column by column.
public struct SeriesWindows: Equatable, Sendable {
    /// The process.
    public var instanceID: UUID
    /// The run that it belongs to; `nil` for a server.
    public var runID: UUID?
    /// OpenTelemetry's `service.name`: at most 256 bytes. Empty: not known.
    public var service: String
    /// The series that the rows name by their place here: at most `WireLimits.maxSeries`, none twice.
    public var series: [Series] = []
    /// The end of each row's interval: nanoseconds since 1970, 0 or later.
    public var times: [Int64] = []
    /// Place in `series` of each row's series.
    public var seriesIndexes: [UInt32] = []
    /// The length of each row's interval in milliseconds: finite, more than 0.
    public var durationsMs: [Double] = []
    /// How often something finite was recorded, at most 2^63 − 1. One per row.
    public var counts: [UInt64] = []
    /// How often a NaN or an infinity was recorded, at most 2^63 − 1. One per row.
    public var nonFiniteCounts: [UInt64] = []
    /// The sum of what was recorded, finite values only, as `min` and `max`; of a counter by how much it grew.
    public var sum = DoubleColumn()
    /// The least that was recorded.
    public var min = DoubleColumn()
    /// The most that was recorded.
    public var max = DoubleColumn()
    /// What was recorded last; of a counter its value at the interval's end.
    public var last = DoubleColumn()
    /// How the finite values were distributed; empty where the instrument keeps none. One per row.
    public var histograms: [ValueHistogram] = []

    /// Creates an empty batch of windows of one process.
    public init(instanceID: UUID, runID: UUID? = nil, service: String = "") {
        self.instanceID = instanceID
        self.runID = runID
        self.service = service
    }

    /// How many rows there are.
    public var count: Int { times.count }
}
