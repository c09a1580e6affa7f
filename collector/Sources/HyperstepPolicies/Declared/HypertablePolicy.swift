/// What is declared of one hypertable.
public struct HypertablePolicy: Sendable, Equatable {
    /// How much time a chunk spans.
    public enum ChunkInterval: Sendable, Equatable {
        case fixed(PolicyDuration)
        /// From the measured rate of rows; see `ChunkAdvice`.
        case auto
    }

    /// Nothing is dropped that is younger than this, whatever is declared.
    public static let shortestRetention = PolicyDuration.hours(1)

    /// The span of chunks made from now on.
    public var chunkInterval: ChunkInterval
    /// Age at which a chunk goes to the columnstore; nil is never. Community edition only.
    public var compressAfter: PolicyDuration?
    /// Columns whose values stay together in the columnstore.
    public var segmentBy: [String]
    /// Order of rows within a segment.
    public var orderBy: [OrderColumn]
    /// Age at which a chunk is dropped; nil is never.
    public var retention: PolicyDuration?

    /// All of it.
    public init(
        chunkInterval: ChunkInterval, compressAfter: PolicyDuration?, segmentBy: [String],
        orderBy: [OrderColumn], retention: PolicyDuration?
    ) {
        self.chunkInterval = chunkInterval
        self.compressAfter = compressAfter
        self.segmentBy = segmentBy
        self.orderBy = orderBy
        self.retention = retention
    }
}

/// A column to order by, written `time desc`.
public struct OrderColumn: Sendable, Hashable, CustomStringConvertible {
    /// Its name.
    public var column: String
    /// Largest first.
    public var isDescending: Bool

    /// A column and its direction.
    public init(_ column: String, descending: Bool = false) {
        self.column = column
        isDescending = descending
    }

    /// As `time desc`.
    public var description: String { isDescending ? "\(column) desc" : column }
}
