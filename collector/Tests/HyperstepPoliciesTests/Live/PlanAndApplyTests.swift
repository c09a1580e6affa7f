import HyperstepPostgres
import TestDatabases
import Testing

@testable import HyperstepPolicies

@Suite(
    "Plan and apply on a real server",
    .needsDatabase, .mayBlock)
struct PlanAndApplyTests {
    /// Something else in every key.
    static let other: PolicySet = {
        var set = PolicySet.standard
        for table in Hypertable.allCases {
            set.hypertables[table]?.chunkInterval = .fixed(.hours(6))
            set.hypertables[table]?.compressAfter = .days(3)
            set.hypertables[table]?.segmentBy = Array(PolicySet.standard[table].segmentBy.prefix(1))
            set.hypertables[table]?.orderBy = [OrderColumn("time")]
            set.hypertables[table]?.retention = .days(90)
        }
        for aggregate in Aggregate.allCases {
            set.aggregates[aggregate]?.refreshStart = .days(30)
            set.aggregates[aggregate]?.refreshEnd = .hours(3)
            set.aggregates[aggregate]?.refreshEvery = .minutes(7)
            set.aggregates[aggregate]?.isRealTime = false
            set.aggregates[aggregate]?.compressAfter = .days(40)
            set.aggregates[aggregate]?.retention = .days(365)
        }
        return set
    }()

    @Test(
        "A migrated database is brought to the standard policies, and the second time nothing is left",
        arguments: TestEdition.all)
    func fresh(edition: TestEdition) async throws {
        try await LivePolicies.with(edition) { live in
            let plan = try live.plan()
            if try live.edition == .community {
                #expect(
                    Set(plan.changes.map(\.relation)) == Set(Hypertable.allCases.map(\.name)),
                    "migrate has made the aggregates")
                #expect(plan.changes.allSatisfy { !$0.dropsData && !$0.needsOwner })
            } else {
                #expect(plan.changes == [])
                #expect(plan.notes.count == 1)
            }
            #expect(try live.apply().allSatisfy { $0.result == .done })
            #expect(try live.plan().changes == [])
            #expect(try live.apply() == [])
        }
    }

    @Test(
        "Everything in every key: applied once, found as declared, and back again", arguments: TestEdition.all
    )
    func everything(edition: TestEdition) async throws {
        try await LivePolicies.with(edition) { live in
            try live.apply()
            let outcomes = try live.apply(Self.other)
            #expect(outcomes.allSatisfy { $0.result == .done }, "\(outcomes)")
            #expect(try live.plan(Self.other).changes == [])
            if try live.edition == .community {
                #expect(
                    outcomes.count == 5 * 8 - 3 + 6 * 5, "every key but bucket, and segment_by of one column")
                #expect(Set(outcomes.map(\.change.relation)).count == 13)
            }
            #expect(try live.apply().allSatisfy { $0.result == .done })
            // Chunk intervals that are auto stay where they were put.
            #expect(try live.plan().changes == [])
        }
    }

    @Test("What the database shows is read as it was declared", arguments: TestEdition.all)
    func observed(edition: TestEdition) async throws {
        try await LivePolicies.with(edition) { live in
            try live.apply(Self.other)
            let observed = try ObservedDatabase(live.database.connect())
            #expect(observed.isOwner)
            #expect(observed.timescaleVersion.count == 3 && observed.timescaleVersion[0] == 2)
            #expect(Set(observed.hypertables.keys) == Set(Hypertable.allCases))
            #expect(Set(observed.aggregates.keys) == Set(Aggregate.allCases))
            #expect(observed.hypertables[.runMetrics]?.chunkInterval == .hours(6))
            let hourly = try #require(observed.aggregates[.trainingMetricsHourly])
            #expect(hourly.bucket == .hours(1) && !hourly.isRealTime)
            #expect(hourly.kind == AggregateKind(observed.edition))
            guard observed.edition == .community else { return }
            let runs = try #require(observed.hypertables[.runMetrics])
            #expect(runs.columnstore?.segmentBy == ["run_id"])
            #expect(runs.columnstore?.orderBy == [OrderColumn("time")])
            #expect(runs.compressAfter == .days(3) && runs.retention == .days(90))
            #expect(hourly.refreshJobs.map(\.refreshStart) == [.days(30)])
            #expect(hourly.refreshJobs.map(\.refreshEnd) == [.hours(3)])
            #expect(hourly.refreshJobs.map(\.every) == [.minutes(7)])
            #expect(hourly.compressAfter == .days(40) && hourly.retention == .days(365))
        }
    }

    @Test(
        "A retention says how many chunks, rows and what time go with it",
        .needsCommunity, .mayBlock)
    func loss() async throws {
        let edition = try #require(TestEdition.community)
        try await LivePolicies.with(edition) { live in
            try live.apply()
            // Chunks of 1 hour: what lies in the one that the age falls into stays.
            try live.insertTraining(minutes: 300, endingAgo: "10 days")
            try live.insertTraining(minutes: 30, endingAgo: "1 day")
            var declared = PolicySet.standard
            declared.hypertables[.trainingMetrics]?.retention = .days(5)
            for aggregate in [Aggregate.trainingMetricsMinutely, .trainingMetricsHourly] {
                declared.aggregates[aggregate]?.refreshStart = .days(3)
            }
            let change = try #require(try live.plan(declared).changes.last)
            #expect(change.description == "training_metrics.retention: never → 5 days")
            let loss = try #require(change.loss)
            #expect(change.dropsData && loss.count == 300)
            guard case .rows(let chunks) = loss.unit else {
                Issue.record("\(loss)")
                return
            }
            #expect((5...6).contains(chunks) && loss.span != nil)
            #expect(PlanReport.lossLine(change).hasPrefix("drops \(chunks) chunks with 300 rows, 2"))
        }
    }

    @Test(
        "New columnstore settings with compressed chunks: taken for new chunks, and said so",
        .needsCommunity, .mayBlock)
    func compressedChunks() async throws {
        let edition = try #require(TestEdition.community)
        try await LivePolicies.with(edition) { live in
            try live.apply()
            try live.insertTraining(minutes: 200, endingAgo: "10 days")
            try live.compressTraining()
            var declared = PolicySet.standard
            declared.hypertables[.trainingMetrics]?.segmentBy = ["run_id"]
            let plan = try live.plan(declared)
            #expect(plan.changes.map(\.setting) == ["segment_by"])
            #expect(plan.notes.count == 1 && plan.notes[0].contains("recompress"))
            #expect(try live.apply(declared).map(\.result) == [.done])
            #expect(try live.number("SELECT count(*) FROM training_metrics") == 200)
            #expect(try live.plan(declared).changes == [])
        }
    }

    @Test(
        "The longest and shortest that may be declared are taken by the database", arguments: TestEdition.all)
    func extremes(edition: TestEdition) async throws {
        let declared = try PolicyFile.parse(
            """
            hypertables:
              training_metrics: { chunk_interval: 1 minute, compress_after: 1 minute, retention: 1 hour }
              run_metrics: { chunk_interval: 365 days, compress_after: 36524 days, retention: 36525 days }
              system_metrics: { chunk_interval: 365 days, compress_after: 31536006 seconds, retention: never }
            aggregates:
              training_metrics_minutely: { refresh_start: 5 minutes, refresh_end: 1 second, refresh_every: 10 seconds, compress_after: never }
              training_metrics_hourly: { bucket: 5 minutes, refresh_start: 15 minutes, refresh_end: 1 second, compress_after: never }
              latency_histogram_summary: { refresh_end: 36000 days, refresh_every: 1 day, compress_after: never }
            """, name: "policies.yaml")
        try await LivePolicies.with(edition, declared) { live in
            let failed = try live.apply().filter { $0.result != .done }
            #expect(failed.map { "\($0.change) \($0.result)" } == [])
            #expect(try live.plan().changes.map(\.description) == [])
        }
    }

    @Test(
        "While a new aggregate is computed, batch by batch, it lacks nothing",
        .needsNewestTimescaleDB,
        .needsCommunity, .mayBlock)
    func firstRefresh() async throws {
        let edition = try #require(TestEdition.community)
        try await LivePolicies.with(edition) { live in
            try live.insertTraining(minutes: 300, endingAgo: "10 minutes")
            // The job of its own is not to come in between.
            try live.execute(
                """
                SELECT remove_continuous_aggregate_policy('training_metrics_minutely');
                SELECT hyperstep_internal.set_refresh('training_metrics_minutely', NULL, '2 minutes', '1 day');
                SELECT alter_job(job_id, scheduled => false, config => config || '{"max_batches_per_execution": 3}')
                FROM timescaledb_information.jobs
                WHERE proc_name = 'policy_refresh_continuous_aggregate'
                  AND hypertable_name = 'training_metrics_minutely';
                TRUNCATE training_metrics_minutely
                """)
            let job = try live.number(
                """
                SELECT job_id FROM timescaledb_information.jobs
                WHERE proc_name = 'policy_refresh_continuous_aggregate'
                  AND hypertable_name = 'training_metrics_minutely'
                """)
            let config = try live.database.connect().query(
                "SELECT config FROM timescaledb_information.jobs WHERE job_id = $1", [.int32(Int32(job ?? 0))]
            )
            #expect(config.jsonb(0, 0)?.contains("\"refresh_newest_first\": false") == true)
            for _ in 0..<3 {
                try live.execute("CALL run_job(\(job ?? 0))")
                #expect(
                    try live.number("SELECT sum(sample_count)::int8 FROM training_metrics_minutely") == 300)
            }
        }
    }

    @Test("One change that fails keeps none of the others, and is rolled back", arguments: TestEdition.all)
    func failing(edition: TestEdition) async throws {
        try await LivePolicies.with(edition) { live in
            let connection = try live.database.connect()
            func change(_ relation: String, _ sql: [String], follows: Set<String> = []) -> PolicyChange {
                PolicyChange(
                    relation: relation, setting: "x", from: "a", to: "b", sql: sql, follows: follows)
            }
            let changes = [
                change("one", ["CREATE TABLE one ()", "SELECT 1/0"]), change("two", ["CREATE TABLE two ()"]),
                change("three", ["CREATE TABLE three ()"], follows: ["one"]),
                // The same statements are not run twice.
                change("four", ["CREATE TABLE two ()"]),
            ]
            var reported: [String] = []
            let limits = PolicyExecutor.Limits(lock: .seconds(1), statement: .seconds(5))
            let outcomes = try PolicyExecutor(connection, limits: limits).run(
                changes, report: { reported.append($0.change.relation) })
            #expect(outcomes.map(\.result.word) == ["failed", "done", "skipped", "done"])
            #expect(outcomes[0].result.reason?.contains("22012") == true)
            #expect(outcomes[2].result.reason == "one.x comes before it")
            #expect(reported == ["one", "two", "three", "four"])
            #expect(
                try live.number("SELECT count(*) FROM pg_tables WHERE tablename IN ('one', 'two', 'three')")
                    == 1)
        }
    }

    @Test("A change waits no longer for a lock than it may", arguments: TestEdition.all)
    func lockTimeout(edition: TestEdition) async throws {
        try await LivePolicies.with(edition) { live in
            let holder = try live.database.connect()
            try holder.execute("BEGIN; LOCK TABLE training_metrics IN ROW EXCLUSIVE MODE")
            let limits = PolicyExecutor.Limits(lock: .milliseconds(50), statement: .seconds(20))
            let change = PolicyChange(
                relation: "r", setting: "s", from: "a", to: "b",
                sql: ["LOCK TABLE training_metrics IN SHARE MODE"])
            let outcomes = try PolicyExecutor(live.database.connect(), limits: limits).run([change])
            guard case .failed(let error)? = outcomes.first?.result else {
                Issue.record("\(outcomes)")
                return
            }
            #expect(error.code == "55P03" && error.kind == .retryable)
        }
    }
}
