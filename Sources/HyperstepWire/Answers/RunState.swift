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

    /// Creates an answer.
    public init(runID: UUID, attempt: Int16, status: String) {
        self.runID = runID
        self.attempt = attempt
        self.status = status
    }
}
