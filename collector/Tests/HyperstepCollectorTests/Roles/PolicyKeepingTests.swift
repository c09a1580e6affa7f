import HyperstepPostgres
import Logging
import TestDatabases
import Testing

@testable import HyperstepCollector
@testable import HyperstepPolicies

@Suite(
    "Policies kept by a collector that owns nothing",
    .needsSuperuser, .mayBlock)
struct PolicyKeepingTests {
    private static let declared = """
        hypertables:
          training_metrics:
            retention: 2 days
        """

    @Test(
        "With the collector's role drift is put back, old chunks go, and aggregates are computed",
        arguments: TestEdition.withSuperuser)
    func keeps(edition: TestEdition) async throws {
        let declared = try PolicyFile.parse(Self.declared, name: "policies.yaml")
        try await withTestRoles(edition) { database, prefix in
            let fixture = try RoleFixture(database, prefix)
            let owner = try fixture.superuser.connect()
            try owner.execute("SET ROLE \(fixture.names.owner)")
            try owner.execute(threeDays)
            _ = try MissingAggregates(owner).make(declared)
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let keeper = PolicyKeeper(
                try PostgresURL(fixture.collector.url), options: .init(every: .seconds(60)), logger: logger)

            _ = keeper.round(declared)
            #expect(try differences(declared, owner) == [])
            try owner.execute("SELECT set_chunk_time_interval('training_metrics', INTERVAL '7 hours')")
            #expect(try differences(declared, owner) == ["training_metrics.chunk_interval"])
            // Another collector would take over now.
            keeper.disconnect()
            let next = PolicyKeeper(
                try PostgresURL(fixture.collector.url), options: .init(every: .seconds(60)), logger: logger)
            _ = next.round(declared)
            #expect(try differences(declared, owner) == [])

            // Where there are no jobs the collector has done their work in its rounds.
            guard !edition.isCommunity else { return }
            let old = "SELECT count(*) FROM training_metrics WHERE time < now() - INTERVAL '51 hours'"
            #expect(try owner.query(old).int64(0, 0) == 0)
            let tasks = try owner.query(
                "SELECT count(*) FILTER (WHERE last_success IS NOT NULL), sum(failures)::bigint FROM hyperstep_internal.maintenance"
            )
            #expect((tasks.int64(0, 0) ?? 0) > 0)
            #expect(tasks.int64(0, 1) == 0)
            let computed = "SELECT count(*) FROM hyperstep_internal.training_metrics_hourly"
            #expect((try owner.query(computed).int64(0, 0) ?? 0) > 40)
        }
    }

    private static let threeDayPolicies = """
        hypertables:
          training_metrics:
            compress_after: 12 hours
            retention: 2 days
          system_metrics:
            compress_after: 24 hours
            chunk_interval: 1 hour
            retention: 2 days
        """

    /// Rows of three days, in a database whose scheduler is stopped before there is anything to run.
    private func withoutScheduler(
        _ edition: TestEdition, _ body: (RoleFixture, PolicySet, PostgresConnection) throws -> Void
    ) async throws {
        let declared = try PolicyFile.parse(Self.threeDayPolicies, name: "policies.yaml")
        try await withTestRoles(edition) { database, prefix in
            let superuser = try database.asSuperuser.connect()
            try superuser.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
            _ = try superuser.query("SELECT _timescaledb_functions.stop_background_workers()")
            let fixture = try RoleFixture(database, prefix)
            let owner = try fixture.superuser.connect()
            try owner.execute("SET ROLE \(fixture.names.owner)")
            _ = try MissingAggregates(owner).make(declared)
            try RoleGrants.renew(owner)
            try owner.execute("SELECT set_chunk_time_interval('system_metrics', INTERVAL '1 hour')")
            try owner.execute(threeDays)
            try owner.execute(
                """
                INSERT INTO public.system_metrics (time, instance_id, device)
                SELECT now() - make_interval(hours => i), gen_random_uuid(), '' FROM generate_series(0, 71) AS i
                """)
            try body(fixture, declared, owner)
        }
    }

    private func rounds(_ database: TestDatabase, _ declared: PolicySet) throws {
        var options = PolicyKeeper.Options(every: .seconds(60))
        options.patience = .init(shortest: .zero, longest: .zero)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let keeper = PolicyKeeper(try PostgresURL(database.url), options: options, logger: logger)
        for _ in 0..<4 { _ = keeper.round(declared) }
        keeper.disconnect()
    }

    private func chunks(
        _ table: String, _ condition: String, _ connection: PostgresConnection
    ) throws -> Int64? {
        try connection.query(
            """
            SELECT count(*) FROM timescaledb_information.chunks
            WHERE hypertable_schema = 'public' AND hypertable_name = '\(table)' AND \(condition)
            """
        ).int64(0, 0)
    }

    @Test(
        "Where the scheduler is stopped the collector's role compresses and drops, but nothing that nobody sums up",
        arguments: TestEdition.withSuperuser.filter(\.isCommunity))
    func inPlaceOfTheScheduler(edition: TestEdition) async throws {
        try await withoutScheduler(edition) { fixture, declared, owner in
            try rounds(fixture.collector, declared)
            let old = "range_end < now() - INTERVAL '48 hours'"
            #expect(try chunks("system_metrics", old, owner) == 0)
            #expect(try #require(try chunks("system_metrics", "is_compressed", owner)) > 15)
            #expect(try #require(try chunks("training_metrics", "is_compressed", owner)) > 40)
            // Only the owner may refresh, and rows that are not summed up stay.
            #expect(try #require(try chunks("training_metrics", old, owner)) > 15)
            let collector = try fixture.collector.connect()
            let refresh = collector.refusal(
                of:
                    "CALL refresh_continuous_aggregate('training_metrics_hourly', NULL, now() - INTERVAL '1 hour')"
            )
            #expect(refresh?.code == "42501")

            // A login for the policies that is a member of the owner does the rest.
            try rounds(fixture.superuser, declared)
            #expect(try chunks("training_metrics", old, owner) == 0)
            let summed = try owner.query("SELECT sum(sample_count)::int8 FROM training_metrics_hourly")
            // As far back as the refresh goes.
            #expect(try #require(summed.int64(0, 0)) > 40)
        }
    }

    @Test(
        "Where each job ends in the scheduler's own error the collector's role has aggregates refreshed early",
        .timeLimit(.minutes(10)), arguments: TestEdition.withSuperuser.filter(\.isCommunity))
    func startedEarly(edition: TestEdition) async throws {
        let declared = try PolicyFile.parse(
            "aggregates: { training_metrics_minutely: { refresh_every: 1 day, real_time: false } }",
            name: "policies.yaml")
        try await withTestRoles(edition) { database, prefix in
            let fixture = try RoleFixture(database, prefix)
            let owner = try fixture.superuser.connect()
            try owner.execute("SET ROLE \(fixture.names.owner)")
            _ = try MissingAggregates(owner).make(declared)
            try RoleGrants.renew(owner)
            try rounds(fixture.collector, declared)
            let collector = try fixture.collector.connect()
            func job() async throws -> PolicyJob {
                while true {
                    let all = try PolicyJob.all(collector)
                    let ours = all.first { $0.kind == .refresh && $0.relation == "training_metrics_minutely" }
                    if let ours, !ours.isRunning, ours.didSucceed != nil { return ours }
                    try await Task.sleep(for: .milliseconds(200))
                }
            }
            // A server whose scheduler works has nothing taken over.
            guard JobWatch.isRefusal(try await job().error ?? "") else { return }

            try owner.execute(threeDays)
            try fixture.superuser.connect().execute("DELETE FROM hyperstep_internal.maintenance")
            try rounds(fixture.collector, declared)
            // By itself the scheduler would wait for a day.
            let computed = "SELECT count(*) FROM training_metrics_minutely"
            while try owner.query(computed).int64(0, 0) == 0 {
                try await Task.sleep(for: .milliseconds(200))
            }
            #expect(JobWatch.isRefusal(try await job().error ?? ""))
        }
    }

    @Test(
        "What the collector's role may do in place of the scheduler is no more than that",
        arguments: TestEdition.withSuperuser.filter(\.isCommunity))
    func noMore(edition: TestEdition) async throws {
        try await withoutScheduler(edition) { fixture, _, owner in
            try owner.execute(
                """
                CREATE TABLE public.other (time timestamptz NOT NULL);
                SELECT create_hypertable('public.other', by_range('time'));
                INSERT INTO public.other VALUES (now());
                ALTER TABLE public.other SET (timescaledb.enable_columnstore, timescaledb.orderby = 'time')
                """)
            let chunk = try #require(try owner.lines("SELECT show_chunks('public.other')::text").first)
            let job = try #require(
                try owner.lines("SELECT add_retention_policy('public.other', INTERVAL '1 day')::text").first)
            let collector = try fixture.collector.connect()
            for call in [
                "chunks_to_compress('other', '1 hour')", "compress_one_chunk('other', '\(chunk)')",
                "compress_one_chunk('training_metrics', '\(chunk)')",
                "compress_one_chunk('training_metrics', 'public.runs')",
                "compress_one_chunk('training_metrics', NULL)",
            ] {
                #expect(
                    collector.refusal(of: "SELECT hyperstep_internal.\(call)")?.code == "42501", "\(call)")
            }
            #expect(try collector.bool("hyperstep_internal.start_job(\(job))") == false)
            let seen = try collector.lines("SELECT relation FROM hyperstep_internal.own_jobs()")
            #expect(!seen.isEmpty && !seen.contains("other"))
            let reader = try fixture.reader.connect()
            for call in ["own_jobs()", "chunks_to_compress('training_metrics', '1 hour')", "start_job(1000)"]
            {
                #expect(reader.refusal(of: "SELECT hyperstep_internal.\(call)")?.code == "42501", "\(call)")
            }
        }
    }

    private func differences(_ declared: PolicySet, _ connection: PostgresConnection) throws -> [String] {
        PolicyPlan.between(declared, try ObservedDatabase(connection)).changes.map {
            "\($0.relation).\($0.setting)"
        }
    }
}
