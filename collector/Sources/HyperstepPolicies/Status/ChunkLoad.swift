/// How many rows came into the time that one chunk spans.
struct ChunkLoad: Sendable, Equatable {
    /// Seconds since 1970.
    var start: Double
    /// Seconds since 1970; after `start`.
    var end: Double
    /// Measured or estimated.
    var rows: Double
}
