/// What an aggregate holds, said once: both editions' SQL is made from it, so that they cannot differ.
public struct AggregateDefinition: Sendable {
    /// A column that is one of the groups.
    public struct Group: Sendable {
        /// Its name in the aggregate.
        public let name: String
        /// The column of the hypertable that it is.
        public let source: String
        /// For people.
        public let comment: String

        init(_ name: String, of source: String? = nil, _ comment: String = "") {
            self.name = name
            self.source = source ?? name
            self.comment = comment
        }
    }

    /// A column that sums up rows.
    public struct Measure: Sendable {
        /// Its name.
        public let name: String
        /// An SQL expression over rows of the hypertable.
        public let overRows: String
        /// An SQL expression over rows of an aggregate of the same columns and narrower buckets; nil where it
        /// is never made of one.
        public let overBase: String?
        /// For people.
        public let comment: String

        init(_ name: String, _ overRows: String, base overBase: String? = nil, _ comment: String) {
            self.name = name
            self.overRows = overRows
            self.overBase = overBase
            self.comment = comment
        }
    }

    /// Whose definition it is.
    public let aggregate: Aggregate
    /// What it is for.
    public let comment: String
    /// The column, of the hypertable and of the aggregate, by which it is noted whose rows changed.
    public let key: String
    /// What rows are grouped by, beside `bucket`, which is always the first column.
    public let groups: [Group]
    /// What is computed of each group.
    public let measures: [Measure]
    /// The indexes on it, each a list of columns; every one serves a query by these columns and a time range.
    let indexes: [[String]]

    /// The columns' names, in order.
    public var columns: [String] { ["bucket"] + groups.map(\.name) + measures.map(\.name) }

    /// The definition of an aggregate.
    public init(_ aggregate: Aggregate) {
        self.aggregate = aggregate
        switch aggregate {
        case .trainingMetricsMinutely, .trainingMetricsHourly:
            comment =
                "Training steps per \(aggregate.base == nil ? "minute" : "hour"), model, run and attempt."
            key = "run_id"
            groups = [Group("model_id"), Group("run_id"), Group("attempt")]
            measures = Measure.training
            indexes = [["run_id"], ["model_id"]]
        case .runMetricsHourly:
            comment = "Every other number that runs log, per hour, run, metric and attempt."
            key = "run_id"
            groups = [Group("run_id"), Group("metric_id"), Group("attempt")]
            measures = Measure.runMetrics
            indexes = [["run_id", "metric_id"]]
        case .modelMonitoringSummary:
            comment = "Load and health of served models, by endpoint, over all their processes."
            key = "model_id"
            groups = [Group("model_id"), Group("endpoint")]
            measures = Measure.monitoring
            indexes = [["model_id", "endpoint"]]
        case .latencyHistogramSummary:
            comment =
                "Requests by latency, over all processes. Percentiles are read by latency_percentile()."
            key = "model_id"
            groups = [
                Group("model_id"), Group("endpoint"), Group("kind", "As in latency_histogram."),
                Group("latency_bucket", of: "bucket", "As bucket in latency_histogram."),
            ]
            measures = Measure.latency
            indexes = [["model_id", "endpoint", "kind"]]
        }
    }
}
