import HyperstepPostgres
import TestDatabases
import Testing

@testable import HyperstepPolicies

@Suite(
    "The collector that keeps the policies",
    .needsDatabase, .mayBlock)
struct PolicyKeeperTests {
    private func keeper(_ live: LivePolicies, _ lines: LogLines, every: Duration = .zero) throws
        -> PolicyKeeper
    {
        try PolicyKeeper(
            PostgresURL(live.database.url), options: PolicyKeeper.Options(every: every), logger: lines.logger)
    }

    @Test(
        "What is changed by hand is put back in the next round, and logged with what it was",
        arguments: TestEdition.all)
    func putBack(edition: TestEdition) async throws {
        try await LivePolicies.with(edition) { live in
            try live.apply()
            let lines = LogLines()
            let keeper = try keeper(live, lines)
            _ = keeper.round(.standard)
            try live.execute("SELECT set_chunk_time_interval('experiments', INTERVAL '2 days')")
            lines.clear()
            _ = keeper.round(.standard)
            #expect(
                lines.ofPolicies == [
                    "notice policy put back to what is declared from=2 days relation=experiments "
                        + "setting=chunk_interval to=1 day"
                ])
            #expect(try live.plan().changes == [])
            lines.clear()
            _ = keeper.round(.standard)
            #expect(lines.ofPolicies == [])
        }
    }

    @Test("One of two does it; when it goes the other one takes over", arguments: TestEdition.all)
    func onlyOne(edition: TestEdition) async throws {
        try await LivePolicies.with(edition) { live in
            let (firstLines, secondLines) = (LogLines(), LogLines())
            let (first, second) = try (keeper(live, firstLines), keeper(live, secondLines))
            _ = first.round(.standard)
            #expect(try live.plan().changes == [])
            try live.execute("SELECT set_chunk_time_interval('experiments', INTERVAL '2 days')")
            _ = second.round(.standard)
            _ = second.round(.standard)
            #expect(try live.plan().changes.count == 1, "the second keeps its hands off")
            #expect(secondLines.all == ["info another collector keeps the policies of this database"])
            first.disconnect()
            // Until the server has noticed that the first one's connection is closed.
            for _ in 0..<100 where try !live.plan().changes.isEmpty { _ = second.round(.standard) }
            #expect(try live.plan().changes == [])
        }
    }

    @Test("New policies are taken at once, the same ones when it is time", arguments: TestEdition.all)
    func timing(edition: TestEdition) async throws {
        try await LivePolicies.with(edition) { live in
            let keeper = try keeper(live, LogLines(), every: .seconds(3_600))
            _ = keeper.round(.standard)
            try live.execute("SELECT set_chunk_time_interval('experiments', INTERVAL '2 days')")
            #expect(keeper.round(.standard) > .zero)
            #expect(try live.plan().changes.count == 1)
            var declared = PolicySet.standard
            declared.hypertables[.experiments]?.chunkInterval = .fixed(.hours(12))
            _ = keeper.round(declared)
            #expect(try live.plan(declared).changes == [])
        }
    }

    @Test(
        "A lock that it cannot have is waited for shortly, and tried again soon",
        .needsCommunity, .mayBlock)
    func locked() async throws {
        let edition = try #require(TestEdition.community)
        try await LivePolicies.with(edition) { live in
            try live.apply()
            try live.execute("ALTER TABLE experiments SET (timescaledb.segmentby = 'status')")
            let writer = try live.database.connect()
            try writer.execute("BEGIN; LOCK TABLE experiments IN ROW EXCLUSIVE MODE")
            let lines = LogLines()
            let keeper = try keeper(live, lines, every: .seconds(600))
            #expect(keeper.round(.standard) == .seconds(5))
            _ = keeper.round(.standard)
            let waiting = lines.all.filter { $0.contains("cannot be put back yet") }
            #expect(waiting.count == 1 && waiting[0].hasPrefix("info "), "said once")
            try writer.execute("COMMIT")
            _ = keeper.round(.standard)
            #expect(try live.plan().changes == [])
        }
    }

    @Test("What only a person may do is said once, and again after it was so", arguments: TestEdition.all)
    func leftToAPerson(edition: TestEdition) async throws {
        try await LivePolicies.with(edition) { live in
            var declared = PolicySet.standard
            declared.aggregates[.runMetricsHourly]?.bucket = .hours(2)
            let lines = LogLines()
            let keeper = try keeper(live, lines)
            for _ in 0..<3 { _ = keeper.round(declared) }
            func said() -> Int { lines.all.count { $0.contains("run hyperstep-collector policies apply") } }
            #expect(said() == 1)
            _ = keeper.round(.standard)
            _ = keeper.round(declared)
            #expect(said() == 2)
        }
    }

    @Test(
        "A retention that is declared is executed, but not before the aggregates are as declared",
        arguments: TestEdition.all)
    func retention(edition: TestEdition) async throws {
        try await LivePolicies.with(edition) { live in
            try live.insertTraining(minutes: 60, endingAgo: "10 days")
            var declared = PolicySet.standard
            declared.hypertables[.trainingMetrics]?.retention = .days(5)
            for aggregate in [Aggregate.trainingMetricsMinutely, .trainingMetricsHourly] {
                declared.aggregates[aggregate]?.refreshStart = .days(3)
            }
            var other = declared
            other.aggregates[.trainingMetricsMinutely]?.bucket = .minutes(5)
            let keeper = try keeper(live, LogLines())
            _ = keeper.round(other)
            #expect(try live.number("SELECT count(*) FROM training_metrics") == 60)
            _ = keeper.round(declared)
            if try live.edition == .community {
                #expect(
                    try live.number(
                        """
                        SELECT count(*) FROM timescaledb_information.jobs
                        WHERE proc_name = 'policy_retention' AND hypertable_name = 'training_metrics'
                        """) == 1)
            } else {
                #expect(try live.number("SELECT count(*) FROM training_metrics") == 0)
            }
        }
    }

    @Test("A database that is away, dropped or not migrated is waited for and said once")
    func away() async throws {
        let edition = try #require(TestEdition.all.first)
        let lines = LogLines()
        var keeper: PolicyKeeper?
        try await LivePolicies.with(edition) { live in
            keeper = try self.keeper(live, lines, every: .seconds(60))
            _ = keeper?.round(.standard)
            try live.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hyperstep-collector policies' AND datname = current_database()"
            )
            lines.clear()
            var changed = PolicySet.standard
            changed.hypertables[.experiments]?.chunkInterval = .fixed(.hours(12))
            #expect(keeper?.round(changed) == .seconds(5))
            #expect(lines.all.count == 1)
            _ = keeper?.round(changed)
            #expect(try live.plan(changed).changes == [])
        }
        lines.clear()
        keeper?.disconnect()
        for _ in 0..<3 { #expect(keeper?.round(.standard) == .seconds(5)) }
        #expect(lines.all.count == 1 && lines.all[0].contains("cannot be kept now"))
    }
}
