/// The hypertables whose policies are declared.
public enum Hypertable: String, CaseIterable, Sendable, Hashable {
    case trainingMetrics = "training_metrics"
    case runMetrics = "run_metrics"
    case modelPerformance = "model_performance"
    case latencyHistogram = "latency_histogram"
    case experiments
    case systemMetrics = "system_metrics"
    case serviceMetrics = "service_metrics"
    case serviceHistogram = "service_histogram"

    /// Its name in the schema `public`, and its key in the policy file.
    public var name: String { rawValue }
}
