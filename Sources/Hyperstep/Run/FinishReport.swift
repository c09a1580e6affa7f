import HyperstepShipper

/// What became of a run's steps, of the values of its metrics, and of the rows of its experiments.
///
/// ```swift
/// let report = run.finish()
/// print(report)  // "1350 committed, 0 spooled, 0 dropped"
/// ```
public struct FinishReport: Sendable, Hashable, CustomStringConvertible {
    /// What became of the records of one kind.
    public struct Counts: Sendable, Hashable, CustomStringConvertible {
        /// Records that are in the database, for good.
        public var committed: UInt64
        /// Records that wait in files on this machine.
        public var spooled: UInt64
        /// Records that are lost.
        public var dropped: UInt64
        /// Records that the collector or the database refused for good.
        public var rejected: UInt64
        /// Records that were committed and are not in the database any more, because it was replaced or restored from an
        /// older backup while the run went on.
        public var missing: UInt64

        /// Counts of these numbers.
        public init(
            committed: UInt64 = 0, spooled: UInt64 = 0, dropped: UInt64 = 0, rejected: UInt64 = 0,
            missing: UInt64 = 0
        ) {
            self.committed = committed
            self.spooled = spooled
            self.dropped = dropped
            self.rejected = rejected
            self.missing = missing
        }

        /// As "1350 committed, 0 spooled, 0 dropped"; refused ones are named where there are any.
        public var description: String {
            "\(committed) committed, \(spooled) spooled, \(dropped) dropped"
                + (rejected == 0 ? "" : ", \(rejected) rejected")
                + (missing == 0 ? "" : ", \(missing) missing since the database was replaced")
        }
    }

    /// Steps that are in the database, for good.
    public var committed: UInt64
    /// Steps that wait in files on this machine: the next run, or `hyperstep-collector replay`, sends them.
    public var spooled: UInt64
    /// Steps that are lost, because recorder and spool were full or the run had finished.
    public var dropped: UInt64
    /// Steps that the collector or the database refused for good; the log says why, and their bytes are kept.
    public var rejected: UInt64
    /// Steps that were committed and are not in the database any more, because it was replaced or restored from an older
    /// backup while the run went on.
    public var missing: UInt64
    /// Values of named metrics; those of refused names are dropped.
    public var scalars: Counts
    /// Rows of experiments.
    public var experiments: Counts
    /// How often ``Run/metric(_:unit:)`` refused a name.
    public var refusedNames: UInt64
    /// Parameters and tags of the run, and parameters and metrics of its experiments, that were left out, each time that
    /// they were given: they were too large or too many, or came after the run's end. The log names them.
    public var leftOut: UInt64
    /// Whether the database knows how the run ended, and its parameters and tags, but for those that were ``leftOut``.
    public var isEndKnown: Bool

    /// A report of these numbers.
    public init(
        committed: UInt64 = 0, spooled: UInt64 = 0, dropped: UInt64 = 0, rejected: UInt64 = 0,
        missing: UInt64 = 0, scalars: Counts = Counts(), experiments: Counts = Counts(),
        refusedNames: UInt64 = 0, leftOut: UInt64 = 0, isEndKnown: Bool = true
    ) {
        self.committed = committed
        self.spooled = spooled
        self.dropped = dropped
        self.rejected = rejected
        self.scalars = scalars
        self.experiments = experiments
        self.refusedNames = refusedNames
        self.missing = missing
        self.leftOut = leftOut
        self.isEndKnown = isEndKnown
    }

    /// Whether all that the run recorded is in the database, and how it ended: nothing waits on disk, nothing was
    /// dropped, rejected, refused or left out, and nothing went with a database that was replaced. So it is, too, where nothing was recorded, as in the mode `disabled`.
    ///
    /// ```swift
    /// guard run.finish().isComplete else { exit(1) }
    /// ```
    public var isComplete: Bool { !isMissingRecords && !isWaiting }

    /// As "1350 committed, 0 spooled, 0 dropped"; what else there is to say is named where it is not nothing.
    public var description: String {
        let steps = Counts(
            committed: committed, spooled: spooled, dropped: dropped, rejected: rejected, missing: missing)
        return "\(steps)" + (scalars == Counts() ? "" : "; values of metrics: \(scalars)")
            + (experiments == Counts() ? "" : "; rows of experiments: \(experiments)")
            + (refusedNames == 0 ? "" : "; \(refusedNames) names of metrics refused")
            + (leftOut == 0 ? "" : "; \(leftOut) parameters, tags or metrics left out")
            // Where records wait it does so too, as anybody would think.
            + (isEndKnown || hasWaitingRecords ? "" : "; how the run ended is not in the database")
    }
}

extension FinishReport {
    /// Whether something is lost or was refused.
    var isMissingRecords: Bool {
        // Compared and not added up: anyone may make a report of any numbers.
        [
            dropped, rejected, missing, scalars.dropped, scalars.rejected, scalars.missing,
            experiments.dropped, experiments.rejected, experiments.missing, refusedNames, leftOut,
        ].contains { $0 > 0 }
    }

    /// Whether something is not in the database yet.
    var isWaiting: Bool { !isEndKnown || hasWaitingRecords }

    private var hasWaitingRecords: Bool {
        [spooled, scalars.spooled, experiments.spooled].contains { $0 > 0 }
    }
}

extension FinishReport.Counts {
    /// What became of a stream; nothing where the recorder has none of the kind.
    init(_ stream: StreamReport?) {
        self.init(
            committed: stream?.committed ?? 0, spooled: stream?.spooled ?? 0,
            dropped: stream?.dropped ?? 0, rejected: stream?.rejected ?? 0, missing: stream?.missing ?? 0)
    }
}
