import HyperstepPostgres
import TestDatabases
import Testing

@testable import HyperstepPolicies

@Suite(
    "Policies changed by hand",
    .needsDatabase, .mayBlock)
struct DriftTests {
    private static let retained: PolicySet = {
        var set = PolicySet.standard
        set.hypertables[.experiments]?.retention = .days(90)
        set.aggregates[.runMetricsHourly]?.retention = .days(365)
        return set
    }()

    @Test(
        "Each is named by the plan, put back by one round, and gone from the next plan",
        .needsCommunity, .mayBlock)
    func community() async throws {
        let edition = try #require(TestEdition.community)
        let job = { (procedure: String, relation: String) in
            """
            SELECT job_id FROM timescaledb_information.jobs
            WHERE proc_name = '\(procedure)' AND hypertable_name = '\(relation)'
            """
        }
        let cases: [(String, [String])] = [
            (
                "SELECT set_chunk_time_interval('training_metrics', INTERVAL '2 hours')",
                ["training_metrics.chunk_interval: 2 hours → 1 hour"]
            ),
            (
                "ALTER TABLE run_metrics SET (timescaledb.segmentby = 'metric_id', timescaledb.orderby = 'step')",
                [
                    "run_metrics.segment_by: [metric_id] → [run_id, metric_id]",
                    "run_metrics.order_by: [step, time desc] → [time desc]",
                ]
            ),
            (
                "CALL remove_columnstore_policy('run_metrics')",
                ["run_metrics.compress_after: never → 2 days"]
            ),
            (
                "SELECT alter_job((\(job("policy_compression", "run_metrics"))), scheduled => false)",
                ["run_metrics.compress_after: 2 days (job # is stopped) → 2 days"]
            ),
            (
                "SELECT alter_job((\(job("policy_compression", "run_metrics"))), schedule_interval => '3 days')",
                [
                    "run_metrics.compress_after: 2 days, looked for every 3 days → 2 days, looked for every 1 hour"
                ]
            ),
            (
                "SELECT remove_retention_policy('experiments')", ["experiments.retention: never → 90 days"]
            ),
            (
                "SELECT add_retention_policy('system_metrics', INTERVAL '1 month')",
                ["system_metrics.retention: 30 days → never"]
            ),
            (
                """
                SELECT add_job('_timescaledb_functions.policy_retention', '1 day', config => jsonb_build_object(
                    'drop_after', '10 days', 'hypertable_id',
                    (SELECT id FROM _timescaledb_catalog.hypertable WHERE table_name = 'experiments')))
                """,
                ["experiments.retention: 2 jobs: 90 days (job #) and 10 days (job #) → 90 days"]
            ),
            (
                "ALTER MATERIALIZED VIEW training_metrics_hourly SET (timescaledb.materialized_only = true)",
                ["training_metrics_hourly.real_time: false → true"]
            ),
            (
                "SELECT remove_continuous_aggregate_policy('training_metrics_minutely')",
                ["training_metrics_minutely.refresh_every: never → 2 minutes"]
            ),
            (
                """
                SELECT remove_continuous_aggregate_policy('run_metrics_hourly');
                SELECT add_continuous_aggregate_policy('run_metrics_hourly', INTERVAL '3 days',
                                                       INTERVAL '2 hours', INTERVAL '1 hour')
                """,
                [
                    "run_metrics_hourly.refresh_start: 3 days → unlimited",
                    "run_metrics_hourly.refresh_end: 2 hours → 1 hour",
                    "run_metrics_hourly.refresh_every: 1 hour → 10 minutes",
                ]
            ),
            (
                "CALL remove_columnstore_policy('model_monitoring_summary')",
                ["model_monitoring_summary.compress_after: never → 7 days"]
            ),
            (
                "SELECT remove_retention_policy('run_metrics_hourly')",
                ["run_metrics_hourly.retention: never → 365 days"]
            ),
            (
                "DROP MATERIALIZED VIEW latency_histogram_summary",
                ["latency_histogram_summary.bucket: missing → 5 minutes"]
            ),
        ]
        try await LivePolicies.with(edition, Self.retained) { live in
            try live.apply()
            for (sql, expected) in cases {
                try live.execute(sql)
                let found = try live.plan().changes.map { Self.withoutJobNumbers($0.description) }
                #expect(found == expected)
                let outcomes = try live.reconcile()
                #expect(outcomes.allSatisfy { $0.result == .done }, "\(outcomes)")
                #expect(try live.plan().changes == [], "\(sql)")
            }
        }
    }

    @Test(
        "In the Apache edition as well, as far as it has them",
        .needsApache, .mayBlock)
    func apache() async throws {
        let edition = try #require(TestEdition.apache)
        try await LivePolicies.with(edition) { live in
            try live.execute("SELECT set_chunk_time_interval('training_metrics', INTERVAL '2 hours')")
            try live.execute(
                AggregateSQL.drop(.runMetricsHourly, kind: .kept).joined(separator: ";"))
            #expect(
                try live.plan().changes.map(\.description) == [
                    "training_metrics.chunk_interval: 2 hours → 1 hour",
                    "run_metrics_hourly.bucket: missing → 1 hour",
                ])
            #expect(try live.reconcile().allSatisfy { $0.result == .done })
            #expect(try live.plan().changes == [])
        }
    }

    @Test(
        "An aggregate of another bucket is left to a person, and made anew by apply",
        arguments: TestEdition.all)
    func otherBucket(edition: TestEdition) async throws {
        try await LivePolicies.with(edition) { live in
            try live.apply()
            try live.insertTraining(minutes: 90, endingAgo: "3 hours")
            var declared = PolicySet.standard
            declared.aggregates[.trainingMetricsMinutely]?.bucket = .minutes(5)
            let left = try live.reconcile(declared)
            #expect(left.map(\.result.word) == ["skipped"])
            #expect(left[0].result.reason?.contains("policies apply") == true)
            let plan = try live.plan(declared)
            #expect(plan.changes.map(\.dropsData) == [true])
            #expect(plan.changes[0].loss?.isEmpty == true, "its rows are all there")
            #expect(try live.apply(declared).map(\.result) == [.done])
            #expect(try live.plan(declared).changes == [])
            let minutely = try live.number("SELECT sum(sample_count)::int8 FROM training_metrics_minutely")
            let hourly = try live.number("SELECT sum(sample_count)::int8 FROM training_metrics_hourly")
            #expect(minutely == 90)
            #expect(hourly == 90)
            #expect(
                try live.number(
                    "SELECT count(*) FROM training_metrics_minutely WHERE extract(epoch FROM bucket)::int8 % 300 <> 0"
                )
                    == 0)
        }
    }

    @Test("Buckets whose rows are gone are what making an aggregate anew loses", arguments: TestEdition.all)
    func recreationLoss(edition: TestEdition) async throws {
        try await LivePolicies.with(edition) { live in
            try live.apply()
            try live.insertTraining(minutes: 60, endingAgo: "10 days")
            // Too new for the database's job to compress it meanwhile: a statement that waits for that sees no rows.
            try live.insertTraining(minutes: 60, endingAgo: "12 hours")
            try AggregateRefresher(live.database.connect()).refreshWindow(
                .trainingMetricsHourly, from: nil, to: nil)
            // As an expired retention would: without the aggregates being told that rows changed.
            if try live.edition == .apache {
                _ = try live.number(
                    "SELECT 1 FROM hyperstep_internal.note_dropped('training_metrics', now() - INTERVAL '5 days')"
                )
            }
            _ = try live.number("SELECT count(*) FROM drop_chunks('training_metrics', INTERVAL '5 days')")
            var declared = PolicySet.standard
            declared.aggregates[.trainingMetricsMinutely]?.bucket = .minutes(5)
            let change = try #require(try live.plan(declared).changes.first)
            #expect(change.loss?.unit == .buckets)
            #expect((60...61).contains(change.loss?.count ?? 0), "\(String(describing: change.loss))")
        }
    }

    @Test(
        "To make the hourly aggregate alone anew loses what the minutely one no longer has",
        .needsCommunity, .mayBlock)
    func recreationLossOfBase() async throws {
        let edition = try #require(TestEdition.community)
        try await LivePolicies.with(edition) { live in
            try live.apply()
            try live.insertTraining(minutes: 60, endingAgo: "400 days")
            try live.insertTraining(minutes: 60, endingAgo: "1 day")
            try AggregateRefresher(live.database.connect()).refreshWindow(
                .trainingMetricsHourly, from: nil, to: nil)
            _ = try live.number(
                "SELECT count(*) FROM drop_chunks('training_metrics_minutely', INTERVAL '200 days')")
            var declared = PolicySet.standard
            declared.aggregates[.trainingMetricsHourly]?.bucket = .hours(2)
            let change = try #require(try live.plan(declared).changes.first)
            #expect(change.loss?.unit == .buckets)
            #expect((1...2).contains(change.loss?.count ?? 0), "\(String(describing: change.loss))")
        }
    }

    @Test("A refresh of everything by hand leaves what retention has dropped", arguments: TestEdition.all)
    func historyStays(edition: TestEdition) async throws {
        try await LivePolicies.with(edition) { live in
            try live.apply()
            try live.insertTraining(minutes: 60, endingAgo: "10 days")
            try live.insertTraining(minutes: 60, endingAgo: "1 day")
            let refresher = try AggregateRefresher(live.database.connect())
            try refresher.refreshWindow(.trainingMetricsHourly, from: nil, to: nil)
            if try live.edition == .apache {
                _ = try live.number(
                    "SELECT 1 FROM hyperstep_internal.note_dropped('training_metrics', now() - INTERVAL '5 days')"
                )
            }
            _ = try live.number("SELECT count(*) FROM drop_chunks('training_metrics', INTERVAL '5 days')")
            for aggregate in [Aggregate.trainingMetricsMinutely, .trainingMetricsHourly] {
                let all = "SELECT sum(sample_count)::bigint FROM \(aggregate.name)"
                #expect(try live.number(all) == 120)
                for from in [nil, "2020-01-01"] {
                    try refresher.refreshWindow(aggregate, from: from, to: nil)
                    #expect(try live.number(all) == 120, "\(aggregate.name) from \(from ?? "the beginning")")
                }
                try refresher.refreshWindow(aggregate, from: "2020-01-01", to: "2020-02-01")
                #expect(try live.number(all) == 120)
            }
        }
    }

    @Test(
        "A late row where retention has dropped others brings no refresh to them", arguments: TestEdition.all)
    func historyStaysBesideLateRows(edition: TestEdition) async throws {
        try await LivePolicies.with(edition) { live in
            try live.apply()
            try live.insertTraining(minutes: 60, endingAgo: "10 days")
            try live.insertTraining(minutes: 60, endingAgo: "1 day")
            let refresher = try AggregateRefresher(live.database.connect())
            try refresher.refreshWindow(.trainingMetricsHourly, from: nil, to: nil)
            if try live.edition == .apache {
                _ = try live.number(
                    "SELECT 1 FROM hyperstep_internal.note_dropped('training_metrics', now() - INTERVAL '5 days')"
                )
            } else {
                _ = try live.number(
                    "SELECT 1 FROM hyperstep_internal.set_retention('training_metrics', INTERVAL '5 days')")
            }
            _ = try live.number("SELECT count(*) FROM drop_chunks('training_metrics', INTERVAL '5 days')")
            try live.insertTraining(minutes: 1, endingAgo: "10 days")
            for aggregate in [Aggregate.trainingMetricsMinutely, .trainingMetricsHourly] {
                try refresher.refreshWindow(aggregate, from: nil, to: nil)
                #expect(
                    try live.number("SELECT sum(sample_count)::bigint FROM \(aggregate.name)") == 120,
                    "\(aggregate.name)")
            }
        }
    }

    @Test("The database looks for chunks as often as the plan expects", arguments: TestEdition.all)
    func checkedEvery(edition: TestEdition) async throws {
        try await LivePolicies.with(edition) { live in
            for seconds in [60, 599, 600, 3_606, 35_999, 36_000, 86_401, 36_525 * 86_400] as [Int64] {
                let age = PolicyDuration(seconds: seconds)
                let every = try live.number(
                    "SELECT extract(epoch FROM hyperstep_internal.check_every(\(age.sql)))::bigint")
                #expect(every == age.checkedEvery.seconds, "\(age)")
            }
        }
    }

    private static func withoutJobNumbers(_ text: String) -> String {
        text.replacing(/job \d+/, with: "job #")
    }
}
