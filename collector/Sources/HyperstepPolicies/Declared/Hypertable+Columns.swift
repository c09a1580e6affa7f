/// What a column of a hypertable is good for.
public enum ColumnKind: Sendable, Hashable {
    /// When it happened.
    case time
    /// Whose it is, or which: values that repeat.
    case identity
    /// A whole number that counts or numbers.
    case integer
    /// A floating-point measurement: hardly two rows have the same.
    case measurement
    /// JSON.
    case json
}

extension Hypertable {
    /// Its columns in the order of the table, and what each is good for.
    public var columns: [(name: String, kind: ColumnKind)] {
        [("time", .time)] + otherColumns
    }

    /// The kind of the column of that name; nil if it has none.
    public func kind(of column: String) -> ColumnKind? {
        columns.first { $0.name == column }?.kind
    }

    private var otherColumns: [(name: String, kind: ColumnKind)] {
        switch self {
        case .trainingMetrics:
            Self.of(.identity, "model_id", "run_id") + Self.of(.integer, "epoch", "batch")
                + Self.of(
                    .measurement, "loss", "accuracy", "precision", "recall", "f1_score", "learning_rate",
                    "gradient_norm", "step_time_ms")
                + Self.of(.integer, "step", "attempt", "rank")
        case .runMetrics:
            Self.of(.identity, "run_id", "metric_id") + Self.of(.integer, "step")
                + Self.of(.measurement, "value") + Self.of(.integer, "attempt", "rank")
        case .modelPerformance:
            Self.of(.identity, "model_id", "endpoint") + Self.of(.integer, "request_count", "error_count")
                + Self.of(
                    .measurement, "latency_p50", "latency_p90", "latency_p99", "throughput_rps", "cpu_usage",
                    "memory_usage", "gpu_utilization")
                + Self.of(.integer, "input_tokens", "output_tokens")
                + Self.of(
                    .measurement, "time_to_first_token_p50", "time_to_first_token_p99",
                    "time_per_output_token_p50", "time_per_output_token_p99")
                + Self.of(.identity, "instance_id")
        case .latencyHistogram:
            Self.of(.identity, "model_id", "endpoint", "instance_id", "kind")
                + Self.of(.integer, "bucket", "count")
        case .experiments:
            Self.of(.identity, "experiment_id", "model_id") + Self.of(.json, "parameters", "metrics")
                + Self.of(.identity, "status", "worker_id", "gpu_id")
        case .systemMetrics:
            Self.of(.identity, "run_id", "instance_id", "device") + Self.of(.measurement, "utilization")
                + Self.of(.integer, "memory_used_bytes")
                + Self.of(.measurement, "power_watts", "temperature_c", "cpu_limit_cores")
                + Self.of(
                    .integer, "memory_limit_bytes", "disk_read_bytes", "disk_written_bytes",
                    "network_received_bytes", "network_sent_bytes")
        case .serviceMetrics:
            Self.of(.identity, "series_id", "instance_id", "run_id") + Self.of(.measurement, "duration_ms")
                + Self.of(.integer, "count", "non_finite_count")
                + Self.of(.measurement, "sum", "min", "max", "last")
        case .serviceHistogram:
            Self.of(.identity, "series_id", "instance_id") + Self.of(.integer, "bucket", "count")
        }
    }

    private static func of(_ kind: ColumnKind, _ names: String...) -> [(name: String, kind: ColumnKind)] {
        names.map { ($0, kind) }
    }
}
