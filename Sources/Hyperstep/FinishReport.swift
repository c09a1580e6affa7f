/// What became of a run's steps.
///
/// ```swift
/// let report = run.finish()
/// print(report)  // "1350 committed, 0 spooled, 0 dropped"
/// ```
public struct FinishReport: Sendable, Hashable, CustomStringConvertible {
    /// Steps that are in the database, for good.
    public var committed: UInt64
    /// Steps that wait in files on this machine: the next run, or `hyperstep-collector replay`, sends them.
    public var spooled: UInt64
    /// Steps that are lost, because recorder and spool were full or the run had finished.
    public var dropped: UInt64
    /// Steps that the collector or the database refused for good; the log says why, and their bytes are kept.
    public var rejected: UInt64

    /// A report of these numbers.
    public init(committed: UInt64 = 0, spooled: UInt64 = 0, dropped: UInt64 = 0, rejected: UInt64 = 0) {
        self.committed = committed
        self.spooled = spooled
        self.dropped = dropped
        self.rejected = rejected
    }

    /// As "1350 committed, 0 spooled, 0 dropped"; refused ones are named where there are any.
    public var description: String {
        "\(committed) committed, \(spooled) spooled, \(dropped) dropped"
            + (rejected == 0 ? "" : ", \(rejected) rejected")
    }
}
