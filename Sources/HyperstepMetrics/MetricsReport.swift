#if SwiftMetrics
    /// What became of the rows of a `HyperstepMetricsFactory`.
    ///
    /// ```swift
    /// print(metrics.shutdown())  // "84 windows committed, 0 spooled"
    /// ```
    public struct MetricsReport: Sendable, Hashable, CustomStringConvertible {
        /// Rows that are in the database, for good.
        public var committed: UInt64
        /// Rows that wait in files on this machine: the next process, or `hyperstep-collector replay`, sends them.
        public var spooled: UInt64
        /// Calls that came after the end.
        public var dropped: UInt64
        /// Rows that the collector or the database refused for good; the log says why, and their bytes are kept.
        public var rejected: UInt64
        /// Rows that were committed and are not in the database any more, because it was replaced or restored from an older
        /// backup meanwhile.
        public var missing: UInt64
        /// Metrics that were refused, for want of room or because of their names, each time that they were made.
        public var refusedSeries: UInt64
        /// Whether the room for histograms was used up: then timers and recorders have numbers of which there is no
        /// bucket, while count, sum, least and most have them. A larger ``Settings/seriesCapacity`` has more.
        public var lacksHistograms: Bool

        /// A report of these numbers.
        public init(
            committed: UInt64 = 0, spooled: UInt64 = 0, dropped: UInt64 = 0, rejected: UInt64 = 0,
            missing: UInt64 = 0, refusedSeries: UInt64 = 0, lacksHistograms: Bool = false
        ) {
            self.committed = committed
            self.spooled = spooled
            self.dropped = dropped
            self.rejected = rejected
            self.missing = missing
            self.refusedSeries = refusedSeries
            self.lacksHistograms = lacksHistograms
        }

        /// Whether all that was measured is in the database: nothing waits on disk, and nothing was dropped, rejected or
        /// refused, for want of room for its histogram either. So it is, too, where nothing was recorded, as in the mode
        /// `disabled`.
        public var isComplete: Bool {
            spooled == 0 && dropped == 0 && rejected == 0 && missing == 0 && refusedSeries == 0
                && !lacksHistograms
        }

        /// As "84 windows committed, 0 spooled"; what else there is to say is named where it is not nothing.
        public var description: String {
            "\(committed) windows committed, \(spooled) spooled"
                + (rejected == 0 ? "" : ", \(rejected) rejected")
                + (missing == 0 ? "" : ", \(missing) missing since the database was replaced")
                + (dropped == 0 ? "" : "; \(dropped) calls dropped")
                + (refusedSeries == 0 ? "" : "; \(refusedSeries) metrics refused")
                + (lacksHistograms ? "; no room for all histograms" : "")
        }
    }
#endif
