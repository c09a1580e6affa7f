/// The aggregates that are kept of the hypertables, continuous ones where the edition has them.
public enum Aggregate: String, CaseIterable, Sendable, Hashable {
    case trainingMetricsMinutely = "training_metrics_minutely"
    /// Made from the minutely one.
    case trainingMetricsHourly = "training_metrics_hourly"
    case runMetricsHourly = "run_metrics_hourly"
    case modelMonitoringSummary = "model_monitoring_summary"
    case latencyHistogramSummary = "latency_histogram_summary"

    /// Its name in the schema `public`, and its key in the policy file.
    public var name: String { rawValue }

    /// The hypertable whose rows it sums up, directly or through another aggregate.
    public var hypertable: Hypertable {
        switch self {
        case .trainingMetricsMinutely, .trainingMetricsHourly: .trainingMetrics
        case .runMetricsHourly: .runMetrics
        case .modelMonitoringSummary: .modelPerformance
        case .latencyHistogramSummary: .latencyHistogram
        }
    }

    /// The aggregate it is made from; nil if it is made from rows.
    public var base: Aggregate? { self == .trainingMetricsHourly ? .trainingMetricsMinutely : nil }
}
