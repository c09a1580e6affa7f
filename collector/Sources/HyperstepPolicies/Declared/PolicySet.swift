/// All that is declared: what the database is brought to.
public struct PolicySet: Sendable, Equatable {
    /// One for each hypertable.
    public var hypertables: [Hypertable: HypertablePolicy]
    /// One for each aggregate.
    public var aggregates: [Aggregate: AggregatePolicy]

    /// The policy of a hypertable.
    public subscript(_ hypertable: Hypertable) -> HypertablePolicy {
        hypertables[hypertable] ?? Self.standard(hypertable)
    }

    /// The policy of an aggregate.
    public subscript(_ aggregate: Aggregate) -> AggregatePolicy {
        aggregates[aggregate] ?? Self.standard(aggregate)
    }

    /// What holds without a policy file. Nothing is ever dropped.
    public static let standard = PolicySet(
        hypertables: Dictionary(uniqueKeysWithValues: Hypertable.allCases.map { ($0, standard($0)) }),
        aggregates: Dictionary(uniqueKeysWithValues: Aggregate.allCases.map { ($0, standard($0)) }))

    private static func standard(_ hypertable: Hypertable) -> HypertablePolicy {
        let newestFirst = [OrderColumn("time", descending: true)]
        return switch hypertable {
        case .trainingMetrics:
            HypertablePolicy(
                chunkInterval: .fixed(.hours(1)), compressAfter: .days(1),
                segmentBy: ["model_id", "run_id"], orderBy: newestFirst, retention: nil)
        case .runMetrics:
            HypertablePolicy(
                chunkInterval: .fixed(.days(1)), compressAfter: .days(2), segmentBy: ["run_id", "metric_id"],
                orderBy: newestFirst, retention: nil)
        case .modelPerformance:
            HypertablePolicy(
                chunkInterval: .auto, compressAfter: .days(7), segmentBy: ["model_id", "endpoint"],
                orderBy: newestFirst, retention: nil)
        case .latencyHistogram:
            HypertablePolicy(
                chunkInterval: .auto, compressAfter: .days(7),
                segmentBy: ["model_id", "endpoint", "kind"], orderBy: [OrderColumn("bucket")] + newestFirst,
                retention: nil)
        case .experiments:
            HypertablePolicy(
                chunkInterval: .fixed(.days(1)), compressAfter: .days(7), segmentBy: ["experiment_id"],
                orderBy: newestFirst, retention: nil)
        case .systemMetrics:
            HypertablePolicy(
                chunkInterval: .fixed(.days(1)), compressAfter: .days(7),
                segmentBy: ["instance_id", "device"], orderBy: newestFirst, retention: nil)
        case .serviceMetrics:
            HypertablePolicy(
                chunkInterval: .auto, compressAfter: .days(7), segmentBy: ["series_id"],
                orderBy: newestFirst, retention: nil)
        case .serviceHistogram:
            HypertablePolicy(
                chunkInterval: .auto, compressAfter: .days(7), segmentBy: ["series_id"],
                orderBy: [OrderColumn("bucket")] + newestFirst, retention: nil)
        }
    }

    private static func standard(_ aggregate: Aggregate) -> AggregatePolicy {
        switch aggregate {
        case .trainingMetricsMinutely:
            AggregatePolicy(
                bucket: .minutes(1), refreshStart: nil, refreshEnd: .minutes(2), refreshEvery: .minutes(2),
                compressAfter: .days(7))
        case .trainingMetricsHourly, .runMetricsHourly:
            AggregatePolicy(
                bucket: .hours(1), refreshStart: nil, refreshEnd: .hours(1), refreshEvery: .minutes(10),
                compressAfter: .days(30))
        case .modelMonitoringSummary, .latencyHistogramSummary:
            AggregatePolicy(
                bucket: .minutes(5), refreshStart: nil, refreshEnd: .minutes(5), refreshEvery: .minutes(2),
                compressAfter: .days(7))
        }
    }
}
