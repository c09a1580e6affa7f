import HyperstepCollector
import HyperstepPostgres
import Logging
import TestDatabases
import Testing

@testable import HyperstepPolicies

/// A real-time aggregate computes from the rows what is newer than its newest computed bucket. One that was computed
/// too far stands still until then.
@Suite(
    "A refresh by hand, and rows that come after it",
    .needsDatabase, .mayBlock)
struct RefreshEndTests {
    private static let community = TestEdition.all.filter { $0.name == "community" }

    private func withAggregates(
        _ edition: TestEdition, _ body: (TestDatabase, PoliciesCommand) async throws -> Void
    ) async throws {
        try await withTestDatabase(edition) { database in
            let url = try PostgresURL(database.url)
            _ = try await MigrateCommand(url: url, logger: .silent).run()
            try await body(database, PoliciesCommand(url: url, declared: .standard))
        }
    }

    /// Rows of one run, each `age` old, as a writer leaves them.
    private func write(_ count: Int, age: String = "0 s", _ database: TestDatabase) throws {
        let connection = try database.connect()
        try connection.execute(
            """
            BEGIN;
            INSERT INTO training_metrics (time, model_id, run_id, epoch, batch, loss, step)
            SELECT now() - INTERVAL '\(age)', '00000000-0000-0000-0000-000000000001',
                   '00000000-0000-0000-0000-000000000002', 0, 0, 1, i FROM generate_series(1, \(count)) i;
            SELECT hyperstep_internal.note_touched('training_metrics',
                   ARRAY['00000000-0000-0000-0000-000000000002']::uuid[], ARRAY[now() - INTERVAL '\(age)']);
            COMMIT
            """)
    }

    private func counted(_ aggregate: Aggregate, _ database: TestDatabase) throws -> Int64? {
        try database.connect().query("SELECT sum(sample_count)::int8 FROM \(aggregate.name)").int64(0, 0)
    }

    private func ahead(_ database: TestDatabase) throws -> [Finding] {
        try Doctor(policies: .standard).examine(database.connect()).findings.filter { $0.check == "ahead" }
    }

    private static let windows: [(from: String?, to: String?)] = [
        (nil, nil), (nil, "tomorrow"), ("yesterday", "2100-01-01"), ("yesterday", "now"),
    ]

    @Test(
        "An aggregate that was refreshed by hand shows the rows that come afterwards",
        arguments: TestEdition.all, Self.windows)
    func shown(edition: TestEdition, window: (from: String?, to: String?)) async throws {
        try await withAggregates(edition) { database, command in
            for aggregate in [Aggregate.trainingMetricsMinutely, .trainingMetricsHourly] {
                try write(5, database)
                _ = try await command.refresh(aggregate, from: window.from, to: window.to)
                try write(7, database)
            }
            #expect(try counted(.trainingMetricsMinutely, database) == 24)
            #expect(try counted(.trainingMetricsHourly, database) == 24)
            #expect(try ahead(database) == [])
        }
    }

    @Test(
        "A row of a date in the future does not stop an aggregate that is refreshed by hand",
        arguments: TestEdition.all)
    func futureRow(edition: TestEdition) async throws {
        try await withAggregates(edition) { database, command in
            try write(5, age: "-900 days", database)
            try write(5, age: "5 hours", database)
            let end = try await command.refresh(.trainingMetricsHourly, from: nil, to: nil)
            let isPast = try database.connect().query(
                "SELECT $1::timestamptz <= now()", [.text(try #require(end))])
            // One that the collector keeps shows later rows wherever it ends.
            let kind = try AggregateKind.of(.trainingMetricsHourly, database.connect())
            #expect(isPast.bool(0, 0) == (kind == .continuous))
            try write(7, database)
            #expect(try counted(.trainingMetricsHourly, database) == 17)
            #expect(try ahead(database) == [])
        }
    }

    @Test(
        "What is older than refresh_end is computed, and what is younger only where the collector keeps it",
        arguments: TestEdition.all)
    func computed(edition: TestEdition) async throws {
        try await withAggregates(edition) { database, command in
            try write(5, age: "3 hours", database)
            try write(7, database)
            _ = try await command.refresh(.trainingMetricsHourly, from: nil, to: nil)
            let kind = try AggregateKind.of(.trainingMetricsHourly, database.connect())
            let table =
                kind == .kept
                ? "hyperstep_internal.training_metrics_hourly"
                : try database.connect().query(
                    """
                    SELECT format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)
                    FROM timescaledb_information.continuous_aggregates WHERE view_name = 'training_metrics_hourly'
                    """
                ).text(0, 0) ?? ""
            let stored = try database.connect().query("SELECT sum(sample_count)::int8 FROM \(table)")
            #expect(stored.int64(0, 0) == (kind == .kept ? 12 : 5))
            #expect(try counted(.trainingMetricsHourly, database) == 12)
        }
    }

    @Test("status and doctor say that an aggregate is computed ahead of now", arguments: community)
    func said(edition: TestEdition) async throws {
        try await withAggregates(edition) { database, command in
            try write(5, database)
            // As somebody may do by hand, who does not know.
            try database.connect().execute(
                "CALL refresh_continuous_aggregate('training_metrics_minutely', NULL, now() + INTERVAL '3 hours')"
            )
            try database.connect().execute(
                "CALL refresh_continuous_aggregate('training_metrics_hourly', NULL, now() + INTERVAL '3 hours')"
            )
            try write(7, database)
            #expect(try counted(.trainingMetricsHourly, database) == 5, "it stands still")
            let finding = try #require(
                try ahead(database).first { $0.what.hasPrefix("training_metrics_hourly is computed until") })
            #expect(finding.level == .warning)
            #expect(finding.remedy?.contains("policies refresh training_metrics_hourly") == true)
            let status = try DatabaseStatus(database.connect())
            #expect(status.text.contains("ahead of now"))
            #expect(status.json.contains("\"ahead_seconds\":"))
            let hourly = try #require(status.aggregates.first { $0.aggregate == .trainingMetricsHourly })
            #expect(try #require(hourly.ahead(of: status.now)) > 0)
            // As the finding says.
            _ = try await command.refresh(.trainingMetricsHourly, from: nil, to: nil)
            #expect(try counted(.trainingMetricsHourly, database) == 12)
        }
    }

    @Test("What was computed of rows of a wrong date is removed as doctor says", arguments: community)
    func wrongDate(edition: TestEdition) async throws {
        try await withAggregates(edition) { database, _ in
            try write(1, age: "-900 days", database)
            try write(5, age: "5 hours", database)
            for name in ["training_metrics_minutely", "training_metrics_hourly"] {
                try database.connect().execute("CALL refresh_continuous_aggregate('\(name)', NULL, NULL)")
            }
            try write(7, database)
            #expect(try counted(.trainingMetricsHourly, database) == 6)
            for finding in try ahead(database) {
                let sql = try #require(finding.remedy?.split(separator: "SELECT ").last)
                try database.connect().execute("SELECT \(sql)")
            }
            #expect(try ahead(database) == [])
            #expect(try counted(.trainingMetricsHourly, database) == 13)
        }
    }
}
