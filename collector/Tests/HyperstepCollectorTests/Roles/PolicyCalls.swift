import TestDatabases

/// A call of each policy function, in an order in which each changes something the first time.
enum PolicyCalls {
    static func all(_ edition: TestEdition) -> [String] {
        everywhere + (edition.isCommunity ? community : [])
    }

    private static let everywhere = [
        "set_chunk_interval('training_metrics', '2 hours')", "set_chunk_interval('run_metrics', '3 hours')",
    ]

    private static let community = [
        "set_columnstore('training_metrics', 'model_id, run_id', 'time desc')",
        "set_columnstore('latency_histogram', 'model_id,endpoint,kind', 'bucket, time desc')",
        "set_columnstore('training_metrics_minutely', 'run_id', 'bucket desc nulls last')",
        "set_chunk_interval('training_metrics_minutely', '7 days')",
        "set_compression('training_metrics', '1 day')", "set_compression('training_metrics', '26 hours')",
        "set_retention('training_metrics', '60 days')",
        "set_retention('training_metrics_minutely', '90 days')",
        "set_refresh('training_metrics_minutely', NULL, '2 minutes', '2 minutes')",
        "set_refresh('training_metrics_minutely', '2 days', '2 minutes', '3 minutes')",
        "set_refresh('training_metrics_hourly', '3 days', '1 hour', '10 minutes')",
        // Older versions of TimescaleDB compress an aggregate only if it is refreshed.
        "set_compression('training_metrics_hourly', '30 days')",
        "set_realtime('training_metrics_hourly', true)", "set_realtime('training_metrics_hourly', false)",
        "set_compression('training_metrics', NULL)", "set_retention('training_metrics', NULL)",
        "set_refresh('training_metrics_hourly', NULL, NULL, NULL)",
    ]
}
