#if canImport(FoundationEssentials)
    public import struct FoundationEssentials.UUID
#else
    public import struct Foundation.UUID
#endif

/// What a recorder's file says of itself, so that a stranger can ship what it holds
/// (`proto/hyperstep/v1/recorder.proto`).
public struct RecorderIdentity: Equatable, Sendable {
    /// The model that is trained; nil in the recorder of a process that serves models.
    public var modelID: UUID?
    /// The run; nil in the recorder of a process that serves models.
    public var runID: UUID?
    /// Which life of the run's process, from 0.
    public var attempt: Int16
    /// Which of the run's processes, from 0.
    public var rank: Int16
    /// The run's project, for messages to people.
    public var project: String
    /// The run's name, for messages to people.
    public var runName: String
    /// The model's name, for messages to people.
    public var modelName: String
    /// Which SDK made the file.
    public var sdk: String
    /// The process; nil where the recorder's own id stands for it.
    public var instanceID: UUID?
    /// OpenTelemetry's `service.name`, of what instruments report; empty where it is not known.
    public var service: String

    /// Creates the identity of one process of one run, or of one that serves.
    public init(
        modelID: UUID?, runID: UUID?, attempt: Int16 = 0, rank: Int16 = 0, project: String, runName: String,
        modelName: String, sdk: String, instanceID: UUID? = nil, service: String = ""
    ) {
        self.modelID = modelID
        self.runID = runID
        self.attempt = attempt
        self.rank = rank
        self.project = project
        self.runName = runName
        self.modelName = modelName
        self.sdk = sdk
        self.instanceID = instanceID
        self.service = service
    }
}
