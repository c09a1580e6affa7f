/// What became of the windows of a process's monitors.
///
/// ```swift
/// print(InferenceMonitor.shutdown())  // "84 windows committed, 0 spooled"
/// ```
public struct MonitorReport: Sendable, Hashable, CustomStringConvertible {
    /// Windows that are in the database, for good.
    public var committed: UInt64
    /// Windows that wait in files on this machine: the next process, or `hyperstep-collector replay`, sends them.
    public var spooled: UInt64
    /// Calls that came after the end: of monitors that an earlier `shutdown` ended, those since the report before.
    public var dropped: UInt64
    /// Windows that the collector or the database refused for good; the log says why, and their bytes are kept.
    public var rejected: UInt64
    /// Windows that were committed and are not in the database any more, because it was replaced or restored from an
    /// older backup meanwhile.
    public var missing: UInt64
    /// Monitors that found no room, each time that they were asked for.
    public var refusedMonitors: UInt64

    /// A report of these numbers.
    public init(
        committed: UInt64 = 0, spooled: UInt64 = 0, dropped: UInt64 = 0, rejected: UInt64 = 0,
        missing: UInt64 = 0, refusedMonitors: UInt64 = 0
    ) {
        self.missing = missing
        self.committed = committed
        self.spooled = spooled
        self.dropped = dropped
        self.rejected = rejected
        self.refusedMonitors = refusedMonitors
    }

    static func + (left: MonitorReport, right: MonitorReport) -> MonitorReport {
        MonitorReport(
            committed: left.committed + right.committed, spooled: left.spooled + right.spooled,
            dropped: left.dropped + right.dropped, rejected: left.rejected + right.rejected,
            missing: left.missing + right.missing,
            refusedMonitors: left.refusedMonitors + right.refusedMonitors)
    }

    /// Whether all that the monitors counted is in the database: nothing waits on disk, and nothing was dropped, rejected or
    /// refused, or went with a database that was replaced. So it is, too, where nothing was recorded, as in the mode `disabled`.
    public var isComplete: Bool {
        spooled == 0 && dropped == 0 && rejected == 0 && missing == 0 && refusedMonitors == 0
    }

    /// As "84 windows committed, 0 spooled"; what else there is to say is named where it is not nothing.
    public var description: String {
        "\(committed) windows committed, \(spooled) spooled"
            + (rejected == 0 ? "" : ", \(rejected) rejected")
            + (missing == 0 ? "" : ", \(missing) missing since the database was replaced")
            + (dropped == 0 ? "" : "; \(dropped) calls dropped")
            + (refusedMonitors == 0 ? "" : "; \(refusedMonitors) monitors refused")
    }
}
