#if canImport(FoundationEssentials)
    public import struct FoundationEssentials.UUID
#else
    public import struct Foundation.UUID
#endif

/// Something that happens in an experiment's life.
public struct ExperimentEvent: Equatable, Sendable {
    /// When it happened: nanoseconds since 1970, 0 or later.
    public var time: Int64
    /// The experiment.
    public var experimentID: UUID
    /// The model that it is about.
    public var modelID: UUID
    /// A JSON object, at most 64 KiB. Empty: none.
    public var parametersJSON: String
    /// A JSON object, at most 64 KiB. Empty: none.
    public var metricsJSON: String
    /// As `running` or `finished`: 1 to 64 bytes.
    public var status: String
    /// The worker, at most 256 bytes. Empty: not known.
    public var workerID: String
    /// The accelerator, at most 256 bytes. Empty: not known.
    public var gpuID: String

    /// Creates an event of one experiment.
    public init(
        time: Int64, experimentID: UUID, modelID: UUID, parametersJSON: String = "", metricsJSON: String = "",
        status: String, workerID: String = "", gpuID: String = ""
    ) {
        self.time = time
        self.experimentID = experimentID
        self.modelID = modelID
        self.parametersJSON = parametersJSON
        self.metricsJSON = metricsJSON
        self.status = status
        self.workerID = workerID
        self.gpuID = gpuID
    }
}
