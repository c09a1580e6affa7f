import HyperstepPolicies
import Testing

/// A configuration that has to be refused, with the key to name and a part of the reason.
struct WrongPolicy: Sendable, CustomTestStringConvertible {
    let yaml: String
    let key: String
    let reason: String

    var testDescription: String { yaml }

    static func hypertable(
        _ name: Hypertable, _ yaml: String, _ key: String, _ reason: String
    )
        -> Self
    {
        Self(
            yaml: "hypertables: {\(name.name): {\(yaml)}}", key: "hypertables.\(name.name).\(key)",
            reason: reason)
    }

    static func aggregate(
        _ name: Aggregate, _ yaml: String, _ key: String, _ reason: String
    ) -> Self {
        Self(
            yaml: "aggregates: {\(name.name): {\(yaml)}}", key: "aggregates.\(name.name).\(key)",
            reason: reason)
    }

    static let names: [Self] = [
        Self(yaml: "hypertable: {}", key: "hypertable", reason: "the nearest is hypertables"),
        Self(yaml: "retention: 1 day", key: "retention", reason: "expected one of hypertables, aggregates"),
        Self(yaml: "hypertables: []", key: "hypertables", reason: "got a list"),
        Self(
            yaml: "hypertables: {run_metrics: 90 days}", key: "hypertables.run_metrics",
            reason: "got \"90 days\""),
        Self(yaml: "[a, b]", key: "", reason: "expected names with a colon and more below them, got a list"),
        Self(yaml: "hypertables: {[a]: 1}", key: "hypertables", reason: "expected a name before the colon"),
        Self(
            yaml: "hypertables: {training_metric: {}}", key: "hypertables.training_metric",
            reason: "training_metrics"),
        Self(
            yaml: "hypertables: {run_metrics_hourly: {}}", key: "hypertables.run_metrics_hourly",
            reason: "is an aggregate: put it below aggregates"),
        Self(
            yaml: "aggregates: {run_metrics: {}}", key: "aggregates.run_metrics",
            reason: "is a hypertable: put it below hypertables"),
        Self(
            yaml: "aggregates: {training_metrics_daily: {}}", key: "aggregates.training_metrics_daily",
            reason: "the nearest is training_metrics_hourly"),
        hypertable(
            .trainingMetrics, "compress_afer: 1 day", "compress_afer", "the nearest is compress_after"),
        hypertable(
            .trainingMetrics, "refresh_start: 1 day", "refresh_start", "expected one of chunk_interval"),
        aggregate(
            .trainingMetricsHourly, "segment_by: [run_id]", "segment_by",
            "expected one of bucket, refresh_start"),
        aggregate(.trainingMetricsHourly, "Bucket: 1 hour", "Bucket", "the nearest is bucket"),
        hypertable(
            .trainingMetrics, "retention: 90 days, retention: 80 days", "retention", "given already in line 1"
        ),
    ]

    static let types: [Self] = [
        hypertable(
            .trainingMetrics, "retention: 90", "retention",
            "such as 90 minutes or 7 days, or never, got \"90\""),
        hypertable(.trainingMetrics, "retention: 3 months", "retention", "got \"3 months\""),
        hypertable(.trainingMetrics, "retention: -1 days", "retention", "got \"-1 days\""),
        hypertable(.trainingMetrics, "retention: 0 days", "retention", "at least 1"),
        hypertable(.trainingMetrics, "retention: 1.5 days", "retention", "whole number"),
        hypertable(.trainingMetrics, "retention: 200 years", "retention", "at most 100 years"),
        hypertable(.trainingMetrics, "retention: auto", "retention", "or never, got \"auto\""),
        hypertable(.trainingMetrics, "retention: ~", "retention", "got nothing"),
        hypertable(.trainingMetrics, "retention: [90 days]", "retention", "got a list"),
        hypertable(.trainingMetrics, "retention: {days: 90}", "retention", "got names with a colon"),
        hypertable(.trainingMetrics, "retention: &keep 90 days", "retention", "anchors and aliases"),
        hypertable(.trainingMetrics, "chunk_interval: never", "chunk_interval", "or auto, got \"never\""),
        hypertable(
            .trainingMetrics, "compress_after: unlimited", "compress_after", "or never, got \"unlimited\""),
        hypertable(
            .trainingMetrics, "segment_by: run_id", "segment_by",
            "expected a list such as [model_id, run_id], got \"run_id\""),
        hypertable(.trainingMetrics, "segment_by: [[run_id]]", "segment_by", "got a list in it"),
        hypertable(.trainingMetrics, "segment_by: [run_id desc]", "segment_by", "got \"run_id desc\" in it"),
        hypertable(.trainingMetrics, "order_by: [time down]", "order_by", "got \"time down\" in it"),
        hypertable(
            .trainingMetrics, "order_by: time desc", "order_by", "expected a list such as [time desc]"),
        aggregate(
            .trainingMetricsHourly, "real_time: yes", "real_time", "expected true or false, got \"yes\""),
        aggregate(.trainingMetricsHourly, "real_time: [true]", "real_time", "got a list"),
        aggregate(.trainingMetricsHourly, "refresh_end: 0 seconds", "refresh_end", "at least 1"),
        aggregate(.trainingMetricsHourly, "refresh_end: never", "refresh_end", "got \"never\""),
        aggregate(
            .trainingMetricsHourly, "refresh_start: never", "refresh_start", "or unlimited, got \"never\""),
        aggregate(.trainingMetricsHourly, "bucket: auto", "bucket", "got \"auto\""),
    ]

    static let hypertableRules: [Self] = [
        hypertable(
            .trainingMetrics, "chunk_interval: 30 seconds", "chunk_interval", "expected 1 minute to 365 days"),
        hypertable(
            .trainingMetrics, "chunk_interval: 366 days, compress_after: never", "chunk_interval",
            "expected 1 minute to 365 days"),
        hypertable(
            .trainingMetrics, "chunk_interval: 90 seconds", "chunk_interval",
            "has to be a multiple of the other"),
        hypertable(
            .runMetrics, "chunk_interval: 90 minutes", "chunk_interval", "run_metrics_hourly.bucket is 1 hour"
        ),
        hypertable(.trainingMetrics, "compress_after: 30 minutes", "compress_after", "rows still arrive"),
        hypertable(.trainingMetrics, "chunk_interval: 2 days", "chunk_interval", "compress_after is 1 day"),
        hypertable(
            .modelPerformance, "compress_after: 6 days", "compress_after",
            "auto, which may choose up to 7 days"),
        hypertable(
            .trainingMetrics, "compress_after: 90 days, retention: 90 days", "compress_after",
            "make compress_after less than"),
        hypertable(.trainingMetrics, "retention: 20 hours", "retention", "compress_after is 1 day"),
        hypertable(
            .trainingMetrics, "retention: 119 minutes, compress_after: never", "retention",
            "at least two of them"),
        hypertable(
            .latencyHistogram, "retention: 13 days", "retention", "auto, which may choose up to 7 days"),
        hypertable(
            .trainingMetrics, "segment_by: [run]", "segment_by",
            "has no column \"run\"; the nearest is run_id"),
        hypertable(.trainingMetrics, "segment_by: [time]", "segment_by", "leave it in order_by"),
        hypertable(.trainingMetrics, "segment_by: [run_id, loss]", "segment_by", "loss is a measurement"),
        hypertable(.experiments, "segment_by: [parameters]", "segment_by", "experiment_id and model_id"),
        hypertable(.trainingMetrics, "segment_by: [run_id, run_id]", "segment_by", "named twice"),
        hypertable(
            .trainingMetrics, "order_by: [run_id, time desc]", "order_by", "in segment_by and in order_by"),
        hypertable(
            .trainingMetrics, "segment_by: [run_id], order_by: [run_id, time]", "segment_by",
            "in segment_by and in order_by"),
        hypertable(
            .trainingMetrics,
            "segment_by: [model_id, run_id, epoch, batch, step, attempt, rank, model_id, run_id]",
            "segment_by",
            "expected at most 8 columns, got 9"),
        hypertable(.trainingMetrics, "order_by: [step desc]", "order_by", "add time desc"),
        hypertable(.trainingMetrics, "order_by: []", "order_by", "add time desc"),
        hypertable(.trainingMetrics, "order_by: [time, time desc]", "order_by", "named twice"),
        hypertable(.trainingMetrics, "order_by: [tim]", "order_by", "the nearest is time"),
        hypertable(.experiments, "order_by: [metrics, time]", "order_by", "is JSON"),
        hypertable(.trainingMetrics, "order_by: ['time; drop table runs']", "order_by", "in it"),
        hypertable(
            .trainingMetrics, "segment_by: [\"run_id,time\"]", "segment_by", "no column \"run_id,time\""),
    ]

    static let aggregateRules: [Self] = [
        aggregate(.trainingMetricsHourly, "bucket: 7 minutes", "bucket", "whole minutes that divide a day"),
        aggregate(.runMetricsHourly, "bucket: 90 seconds", "bucket", "whole minutes that divide a day"),
        aggregate(.runMetricsHourly, "bucket: 36 hours", "bucket", "or whole days"),
        aggregate(.trainingMetricsHourly, "bucket: 1 minute", "bucket", "it has to be a larger multiple"),
        aggregate(.trainingMetricsMinutely, "bucket: 1 hour", "bucket", "a larger multiple"),
        aggregate(
            .trainingMetricsMinutely, "bucket: 40 minutes", "bucket",
            "training_metrics_hourly.bucket is 1 hour"),
        aggregate(
            .trainingMetricsHourly, "refresh_start: 2 hours", "refresh_start",
            "has to hold two buckets, 2 hours"),
        aggregate(.trainingMetricsHourly, "refresh_start: 179 minutes", "refresh_start", "two buckets"),
        aggregate(
            .trainingMetricsHourly, "refresh_start: 1 hour", "refresh_start",
            "refresh_end has to be less than refresh_start"),
        aggregate(
            .trainingMetricsHourly, "refresh_start: 1 day, refresh_end: 2 days", "refresh_start",
            "less than refresh_start"),
        aggregate(
            .trainingMetricsHourly, "refresh_every: 9 seconds", "refresh_every",
            "expected 10 seconds to 1 day"),
        aggregate(
            .trainingMetricsHourly, "refresh_every: 2 days", "refresh_every", "expected 10 seconds to 1 day"),
        aggregate(
            .trainingMetricsHourly, "compress_after: 2 hours", "compress_after",
            "compressed before they are computed"),
        aggregate(
            .trainingMetricsHourly, "refresh_end: 30 days", "refresh_end",
            "compressed before they are computed"),
        aggregate(
            .trainingMetricsHourly, "compress_after: 60 days, retention: 60 days", "compress_after",
            "make compress_after less than"),
        aggregate(.trainingMetricsHourly, "retention: 10 days", "retention", "make compress_after less than"),
        aggregate(
            .trainingMetricsHourly, "compress_after: never, retention: 1 hour", "retention",
            "retention has to be longer than a bucket"),
        aggregate(
            .trainingMetricsHourly, "retention: 60 days, refresh_start: 61 days", "refresh_start",
            "must not be longer"),
        aggregate(
            .trainingMetricsHourly, "retention: 60 days, refresh_start: unlimited", "refresh_start",
            "leave refresh_start out"),
    ]

    static let betweenRelations: [Self] = [
        Self(
            yaml: """
                hypertables: {training_metrics: {retention: 30 days}}
                aggregates: {training_metrics_hourly: {refresh_start: unlimited}}
                """, key: "aggregates.training_metrics_hourly.refresh_start",
            reason: "hypertables.training_metrics.retention is 30 days"),
        Self(
            yaml: """
                hypertables: {training_metrics: {retention: 30 days}}
                aggregates: {training_metrics_minutely: {refresh_start: 30 days}}
                """, key: "aggregates.training_metrics_minutely.refresh_start",
            reason: "the longest that is safe: 43199 minutes"),
        Self(
            yaml: """
                aggregates:
                  training_metrics_minutely: {retention: 10 days}
                  training_metrics_hourly: {refresh_start: 20 days}
                """, key: "aggregates.training_metrics_hourly.refresh_start",
            reason: "aggregates.training_metrics_minutely.retention is 10 days"),
        Self(
            yaml: """
                hypertables: {run_metrics: {retention: 3 days}}
                aggregates: {run_metrics_hourly: {bucket: 7 days}}
                """, key: "aggregates.run_metrics_hourly.bucket",
            reason: "dropped before their bucket is complete"),
        Self(
            yaml: "hypertables: {training_metrics: {retention: 2 hours, compress_after: never}}",
            key: "hypertables.training_metrics.retention",
            reason: "or make hypertables.training_metrics.retention longer"),
        Self(
            yaml: """
                hypertables: {run_metrics: {chunk_interval: 1 day}}
                aggregates: {run_metrics_hourly: {bucket: 8 hours}, latency_histogram_summary: {bucket: 11 minutes}}
                """, key: "aggregates.latency_histogram_summary.bucket", reason: "got 11 minutes"),
    ]

    static let all = names + types + hypertableRules + aggregateRules + betweenRelations
}

@Suite("Wrong configurations")
struct PolicyRefusalTests {
    @Test("A wrong configuration is refused with its key, line and reason", arguments: WrongPolicy.all)
    func refused(policy: WrongPolicy) throws {
        let error = try #require(throws: PolicyErrors.self) {
            try PolicyFile.parse(policy.yaml, name: "p.yaml")
        }
        #expect(
            error.errors.contains {
                $0.key == policy.key && $0.reason.contains(policy.reason) && $0.line != nil
            },
            "\(error)")
    }

    @Test("One mistake in a value does not have other keys reported")
    func noConsequences() throws {
        for policy in WrongPolicy.types {
            let error = try #require(throws: PolicyErrors.self) { try PolicyFile.parse(policy.yaml) }
            #expect(error.errors.map(\.key) == [policy.key], "\(error)")
        }
    }

    @Test("What is just inside each rule is taken")
    func justRight() throws {
        _ = try PolicyFile.parse(
            """
            hypertables:
              training_metrics: {chunk_interval: 1 minute, compress_after: 1 minute, retention: 365 days}
              run_metrics: {chunk_interval: 364 days, compress_after: 364 days, retention: 728 days}
              model_performance: {compress_after: 7 days, retention: 14 days}
              system_metrics: {segment_by: [], compress_after: never, retention: 2 days}
              latency_histogram: {segment_by: [model_id], order_by: [endpoint, kind, bucket, time]}
            aggregates:
              training_metrics_minutely: {retention: 10 days, refresh_start: 10 days, refresh_every: 10 seconds}
              training_metrics_hourly: {refresh_start: 3 hours, refresh_end: 1 hour, refresh_every: 1 day}
              run_metrics_hourly: {bucket: 7 days, refresh_end: 1 second, compress_after: 169 hours}
              model_monitoring_summary: {bucket: 1 day, refresh_start: 13 days, compress_after: 9 days}
            """)
    }
}

@Suite("Policies made in code")
struct PolicyValidationTests {
    @Test("The standard policies keep every rule")
    func standard() throws {
        try PolicySet.standard.validate()
    }

    @Test("A set made in code is held to the same rules, without file or line")
    func inCode() throws {
        var set = PolicySet.standard
        set.hypertables[.trainingMetrics]?.retention = .days(90)
        set.hypertables[.experiments]?.segmentBy = ["time\"; DROP TABLE runs; --"]
        let error = try #require(throws: PolicyErrors.self) { try set.validate() }
        #expect(
            error.errors.map(\.key) == [
                "hypertables.experiments.segment_by", "aggregates.training_metrics_minutely.refresh_start",
                "aggregates.training_metrics_hourly.refresh_start",
            ])
        #expect(error.errors.allSatisfy { $0.file == nil && $0.line == nil })
        set.hypertables[.experiments]?.segmentBy = ["experiment_id"]
        for aggregate in Aggregate.allCases {
            let start = set.standardRefreshStart(of: aggregate)
            set.aggregates[aggregate]?.refreshStart = start
        }
        try set.validate()
    }

    @Test("No duration is too long to be checked")
    func extremes() {
        var set = PolicySet.standard
        let longest = PolicyDuration(seconds: .max)
        set.hypertables[.runMetrics] = HypertablePolicy(
            chunkInterval: .fixed(longest), compressAfter: longest, segmentBy: [], orderBy: [],
            retention: longest)
        set.aggregates[.runMetricsHourly] = AggregatePolicy(
            bucket: longest, refreshStart: longest, refreshEnd: longest, refreshEvery: longest,
            compressAfter: longest, retention: longest)
        #expect(throws: PolicyErrors.self) { try set.validate() }
    }
}
