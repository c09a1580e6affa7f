#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// What a state directory holds, as of the scan.
public struct RecorderScan: Sendable, Equatable {
    /// Recorders whose programs live (this one's own among them).
    public internal(set) var live: [UUID] = []
    /// Recorders that nobody holds: to be adopted, oldest first. Whether they are whole shows at adoption.
    public internal(set) var orphans: [UUID] = []
    /// Recorders that are gone but left spool files: their batches can be shipped as they are.
    public internal(set) var spoolsOnly: [UUID] = []
    /// Files with a recorder's suffix that are none; they were set aside.
    public internal(set) var reports: [RecorderReport] = []
    /// Files that nobody looked into: they could not be opened, or belong to another user.
    public internal(set) var leftAlone: [LeftAloneFile] = []
}
