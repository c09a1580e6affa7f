/// What a database holds of one hypertable.
public struct HypertableStatus: Sendable, Equatable {
    /// Which one.
    public var hypertable: Hypertable
    /// How much there is.
    public var volume: ChunkVolume
    /// Seconds since 1970 of the oldest row; nil if there is none.
    public var oldest: Double?
    /// Seconds since 1970 of the newest row; nil if there is none.
    public var newest: Double?
    /// Whether these two are of rows; else they are bounds of chunks, which were too large to look into.
    public var isSpanExact: Bool
    /// The span of chunks made from now on.
    public var chunkInterval: PolicyDuration
    /// Whether that fits.
    public var advice: ChunkAdvice
}
