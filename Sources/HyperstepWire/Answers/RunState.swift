#if canImport(FoundationEssentials)
    public import struct FoundationEssentials.UUID
#else
    public import struct Foundation.UUID
#endif

/// What the database knows of a run: the answer to `GET /v1/runs/<run id>`.
public struct RunState: Equatable, Sendable {
    /// The run.
    public var runID: UUID
    /// The newest attempt of which anything is in the database.
    public var attempt: Int16
    /// `running`, `finished`, `failed`, `killed` or `crashed`; a newer collector may know more.
    public var status: String
    /// The step of the row with the newest time; nil where the run has no rows.
    public var lastStep: Int64?

    /// Creates an answer.
    public init(runID: UUID, attempt: Int16, status: String, lastStep: Int64? = nil) {
        self.runID = runID
        self.attempt = attempt
        self.status = status
        self.lastStep = lastStep
    }
}
