import HyperstepPostgres
import Logging
import TestDatabases
import Testing

@testable import HyperstepPolicies

@Suite(
    "Jobs whose work the collector does",
    .needsSuperuser, .mayBlock)
struct TakeoverTests {
    private static let community = TestEdition.withSuperuser.filter { $0.name == "community" }
    private static let taken = "the database's scheduler does not do the work of Hyperstep's jobs"
    private static let given = "the database's scheduler does the work of Hyperstep's jobs again"

    private static let declared: PolicySet = {
        var set = PolicySet.standard
        set.hypertables[.trainingMetrics]?.compressAfter = .hours(3)
        set.hypertables[.trainingMetrics]?.retention = .hours(20)
        for aggregate in [Aggregate.trainingMetricsMinutely, .trainingMetricsHourly] {
            set.aggregates[aggregate]?.refreshStart = .hours(18)
        }
        return set
    }()

    private func keeper(_ live: LivePolicies, _ lines: LogLines) throws -> PolicyKeeper {
        var options = PolicyKeeper.Options(every: .seconds(600))
        options.patience = .init(shortest: .zero, longest: .zero)
        return try PolicyKeeper(PostgresURL(live.database.url), options: options, logger: lines.logger)
    }

    /// A database whose scheduler is stopped before there is anything to run.
    private func withoutScheduler(_ edition: TestEdition, _ body: (LivePolicies) async throws -> Void)
        async throws
    {
        try await LivePolicies.with(edition, Self.declared, schedules: false, body)
    }

    /// A day of steps, one every five seconds.
    private func insertDay(_ live: LivePolicies) throws {
        try live.execute(
            """
            INSERT INTO training_metrics (time, model_id, run_id, epoch, batch, step, loss)
            SELECT now() - i * INTERVAL '5 seconds', '00000000-0000-0000-0000-000000000001',
                   '00000000-0000-0000-0000-000000000002', 0, 0, i, 1
            FROM generate_series(1, 17280) i
            """)
    }

    private func expectAsDeclared(_ live: LivePolicies, _ when: Comment) throws {
        let chunks = try live.database.connect().query(
            """
            SELECT count(*) FILTER (WHERE range_end < now() - INTERVAL '20 hours'),
                   count(*) FILTER (WHERE range_end < now() - INTERVAL '3 hours' AND NOT is_compressed),
                   count(*) FILTER (WHERE range_end > now() - INTERVAL '3 hours' AND is_compressed),
                   count(*) FILTER (WHERE is_compressed)
            FROM timescaledb_information.chunks WHERE hypertable_name = 'training_metrics'
            """)
        #expect(chunks.int64(0, 0) == 0, "dropped, \(when.rawValue)")
        #expect(chunks.int64(0, 1) == 0, "compressed, \(when.rawValue)")
        #expect(chunks.int64(0, 2) == 0, "not too early, \(when.rawValue)")
        #expect(try #require(chunks.int64(0, 3)) >= 15, "\(when.rawValue)")
        for (name, until) in [
            ("training_metrics_minutely", "5 minutes"), ("training_metrics_hourly", "3 hours"),
        ] {
            let computed = try live.number(
                """
                SELECT count(*) FROM _timescaledb_catalog.continuous_agg a
                WHERE a.user_view_name = '\(name)'
                  AND _timescaledb_functions.to_timestamp(_timescaledb_functions.cagg_watermark(a.mat_hypertable_id))
                      > now() - INTERVAL '\(until)'
                """)
            #expect(computed == 1, "\(name) is refreshed, \(when.rawValue)")
        }
        // Rows that went by retention stay in the aggregates.
        #expect(try live.number("SELECT sum(sample_count)::int8 FROM training_metrics_hourly") ?? 0 > 12_000)
    }

    @Test(
        "Where the scheduler is stopped a day of load is compressed, refreshed and dropped as declared",
        arguments: community)
    func stopped(edition: TestEdition) async throws {
        try await withoutScheduler(edition) { live in
            try insertDay(live)
            let lines = LogLines()
            let keeper = try keeper(live, lines)
            // Jobs are made in the first round; that they are not started is found in the next.
            _ = keeper.round(Self.declared)
            // An aggregate that is made of another waits for it for half a minute.
            try live.execute(
                """
                SELECT alter_job(job_id, next_start => now()) FROM timescaledb_information.jobs
                WHERE job_id >= 1000 AND isfinite(next_start)
                """)
            for _ in 0..<2 { _ = keeper.round(Self.declared) }
            try expectAsDeclared(live, "\(lines.all)")
            #expect(lines.all.count { $0.hasPrefix("warning \(Self.taken)") } == 1)

            let status = try DatabaseStatus(live.database.connect())
            let job = try #require(
                status.jobs.first { $0.task == "compression" && $0.relation == "training_metrics" })
            #expect(job.runBy == .collector && job.job != nil && job.didSucceed == true && job.runs == 1)
            #expect(status.json.contains(#""run_by":"collector""#))
            let findings = try Doctor(policies: Self.declared).examine(live.database.connect()).findings
                .filter { $0.check == "jobs" }
            #expect(findings.count == 1 && findings[0].level == .warning, "\(findings)")
            #expect(findings.first?.what.contains("a collector does") == true)

            // Each again when it is due, and not before.
            _ = keeper.round(Self.declared)
            func runs() throws -> Int64? {
                try live.number("SELECT max(runs) FROM hyperstep_internal.maintenance")
            }
            #expect(try runs() == 1)
            try live.execute(
                "UPDATE hyperstep_internal.maintenance SET last_start = now() - INTERVAL '1 day'")
            _ = keeper.round(Self.declared)
            #expect(try runs() == 2)
        }
    }

    @Test("When jobs are no longer late they are given back, and said to be", arguments: community)
    func givenBack(edition: TestEdition) async throws {
        try await withoutScheduler(edition) { live in
            let lines = LogLines()
            let keeper = try keeper(live, lines)
            for _ in 0..<3 { _ = keeper.round(Self.declared) }
            #expect(!lines.all.contains { $0.contains(Self.given) })
            try live.execute(
                """
                SELECT alter_job(job_id, next_start => now() + INTERVAL '1 hour')
                FROM timescaledb_information.jobs WHERE job_id >= 1000
                """)
            for _ in 0..<2 { _ = keeper.round(Self.declared) }
            #expect(lines.all.count { $0 == "notice \(Self.given)" } == 1)
            #expect(try live.number("SELECT count(*) FROM hyperstep_internal.maintenance") == 0)
            let status = try DatabaseStatus(live.database.connect())
            #expect(status.jobs.allSatisfy { $0.runBy == .database })
        }
    }

    @Test(
        "What the scheduler itself fails at is taken over, and nothing of a scheduler that works",
        .timeLimit(.minutes(10)), arguments: community)
    func byItself(edition: TestEdition) async throws {
        try await LivePolicies.with(edition, Self.declared) { live in
            try live.apply()
            // Until the server's scheduler has run all of them.
            var jobs: [PolicyJob] = []
            repeat {
                try await Task.sleep(for: .milliseconds(200))
                jobs = try PolicyJob.all(live.database.connect())
            } while jobs.contains { $0.didSucceed == nil || $0.isRunning }
            let isRefused = jobs.contains { $0.error.map(JobWatch.isRefusal) ?? false }
            try insertDay(live)
            let lines = LogLines()
            let keeper = try PolicyKeeper(
                PostgresURL(live.database.url), options: .init(every: .seconds(600)), logger: lines.logger)
            _ = keeper.round(Self.declared)
            #expect(lines.all.contains { $0.hasPrefix("warning \(Self.taken)") } == isRefused, "\(lines.all)")
            if isRefused {
                // A job that runs at this moment is left to the database.
                for _ in 0..<5 { _ = keeper.round(Self.declared) }
                try expectAsDeclared(live, "\(lines.all)")
                let findings = try Doctor(policies: Self.declared).examine(live.database.connect()).findings
                    .filter { $0.check == "jobs" }
                #expect(findings.map(\.level) == [.warning], "\(findings)")
                #expect(findings.first?.remedy?.contains("update TimescaleDB") == true)
            } else {
                #expect(try live.number("SELECT count(*) FROM hyperstep_internal.maintenance") == 0)
            }
        }
    }
}
