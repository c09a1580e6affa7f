/// What is computed of each hypertable's rows.
extension AggregateDefinition.Measure {
    static let training: [Self] = [
        rows("sample_count", "How many steps."),
        Self("min_step", "min(step)", base: "min(min_step)", "Smallest global step."),
        Self("max_step", "max(step)", base: "max(max_step)", "Greatest global step."),
        moments("loss_moments", of: "loss"),
        average("avg_loss", of: "loss", moments: "loss_moments"),
        smallest("min_loss", of: "loss"),
        greatest("max_loss", of: "loss"),
        first("first_loss", of: "loss", step: "first_loss_step"),
        last("last_loss", of: "loss", step: "last_loss_step"),
        firstStep("first_loss_step", of: "loss"),
        lastStep("last_loss_step", of: "loss"),
        nonFinite("loss_non_finite", of: "loss"),
        moments("accuracy_moments", of: "accuracy"),
        average("avg_accuracy", of: "accuracy", moments: "accuracy_moments"),
        deviation("accuracy_stddev", of: "accuracy", moments: "accuracy_moments"),
        smallest("min_accuracy", of: "accuracy"),
        greatest("max_accuracy", of: "accuracy"),
        nonFinite("accuracy_non_finite", of: "accuracy"),
        moments("gradient_norm_moments", of: "gradient_norm"),
        average("avg_gradient_norm", of: "gradient_norm", moments: "gradient_norm_moments"),
        greatest("max_gradient_norm", of: "gradient_norm"),
        nonFinite("gradient_norm_non_finite", of: "gradient_norm"),
        moments("step_time_moments", of: "step_time_ms"),
        average("avg_step_time_ms", of: "step_time_ms", moments: "step_time_moments"),
        greatest("max_step_time_ms", of: "step_time_ms"),
        last("last_learning_rate", of: "learning_rate", step: "last_learning_rate_step"),
        lastStep("last_learning_rate_step", of: "learning_rate"),
    ]

    static let runMetrics: [Self] = [
        rows("sample_count", "How many values."),
        moments("value_moments", of: "value"),
        average("avg_value", of: "value", moments: "value_moments"),
        deviation("value_stddev", of: "value", moments: "value_moments"),
        smallest("min_value", of: "value"),
        greatest("max_value", of: "value"),
        first("first_value", of: "value"),
        last("last_value", of: "value"),
        nonFinite("value_non_finite", of: "value"),
    ]

    static let monitoring: [Self] = [
        rows("window_count", "How many reporting intervals of processes."),
        total("total_requests", of: "request_count", "Requests."),
        total("total_errors", of: "error_count", "Requests that failed."),
        average(
            "avg_latency_p90", of: "latency_p90",
            "The average of the 90th percentiles of single intervals, ms: for charts, and a percentile of nothing. latency_percentile() gives the true one."
        ),
        greatest("max_latency_p99", of: "latency_p99"),
        average("avg_throughput", of: "throughput_rps", "Requests a second of one process, on average."),
        average("avg_cpu", of: "cpu_usage"),
        average("avg_memory", of: "memory_usage"),
        average("avg_gpu", of: "gpu_utilization"),
        total("total_input_tokens", of: "input_tokens", "Tokens taken in; null where none were counted."),
        total("total_output_tokens", of: "output_tokens", "Tokens given out; null where none were counted."),
    ]

    static let latency: [Self] = [
        total("count", of: "count", "How many requests took about as long as the latency bucket says.")
    ]
}
