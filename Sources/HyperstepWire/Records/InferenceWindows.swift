#if canImport(FoundationEssentials)
    public import struct FoundationEssentials.UUID
#else
    public import struct Foundation.UUID
#endif

/// What one serving process did, one window per model, endpoint and interval. One position each.
public struct InferenceWindows: Equatable, Sendable {
    /// The process.
    public var instanceID: UUID
    /// The windows, at most `WireLimits.maxEvents`.
    public var windows: [InferenceWindow]

    /// Creates a batch of windows of one process.
    public init(instanceID: UUID, windows: [InferenceWindow] = []) {
        self.instanceID = instanceID
        self.windows = windows
    }

    /// How many windows there are.
    public var count: Int { windows.count }
}

/// What one model did for one endpoint within one interval.
///
/// Counts are at most 2^63 − 1, which is what the database holds.
public struct InferenceWindow: Sendable {
    /// The end of the interval: nanoseconds since 1970, 0 or later.
    public var time: Int64
    /// The length of the interval in milliseconds: finite, more than 0.
    public var durationMs: Double
    /// The model that served.
    public var model: Model
    /// As `/predict`: 1 to 256 bytes.
    public var endpoint: String
    /// Requests that ended in the interval, those that failed included.
    public var requestCount: UInt64 = 0
    /// Requests that failed.
    public var errorCount: UInt64 = 0
    /// Tokens read, for language models.
    public var inputTokens: UInt64 = 0
    /// Tokens written, for language models.
    public var outputTokens: UInt64 = 0
    /// Percent of the machine's CPU time, by convention 0 to 100; `nil` when not known.
    public var cpuUsage: Double?
    /// Percent of the machine's memory, by convention 0 to 100; `nil` when not known.
    public var memoryUsage: Double?
    /// Percent, by convention 0 to 100; `nil` when not known.
    public var gpuUtilization: Double?
    /// At most one per kind and `WireLimits.maxHistograms`; a kind without requests is absent.
    public var histograms: [LatencyHistogram] = []

    /// Creates a window in which nothing happened.
    public init(time: Int64, durationMs: Double, model: Model, endpoint: String) {
        self.time = time
        self.durationMs = durationMs
        self.model = model
        self.endpoint = endpoint
    }
}

extension InferenceWindow: Equatable {
    /// Equal bit for bit: a NaN equals the same NaN, and −0 is not 0.
    public static func == (left: InferenceWindow, right: InferenceWindow) -> Bool {
        left.time == right.time && left.durationMs.bitPattern == right.durationMs.bitPattern
            && left.model == right.model && left.endpoint == right.endpoint
            && left.requestCount == right.requestCount && left.errorCount == right.errorCount
            && left.inputTokens == right.inputTokens && left.outputTokens == right.outputTokens
            && left.cpuUsage?.bitPattern == right.cpuUsage?.bitPattern
            && left.memoryUsage?.bitPattern == right.memoryUsage?.bitPattern
            && left.gpuUtilization?.bitPattern == right.gpuUtilization?.bitPattern
            && left.histograms == right.histograms
    }
}
