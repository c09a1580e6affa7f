import HyperstepPostgres
import TestDatabases
import Testing

@testable import HyperstepPolicies

@Suite(
    "What the collector does in place of jobs",
    .needsApache, .mayBlock)
struct MaintenanceTests {
    private static let retained: PolicySet = {
        var set = PolicySet.standard
        set.hypertables[.trainingMetrics]?.retention = .days(5)
        set.aggregates[.runMetricsHourly]?.retention = .days(30)
        return set
    }()

    private func withApache(_ body: (LivePolicies) async throws -> Void) async throws {
        let edition = try #require(TestEdition.apache)
        try await LivePolicies.with(edition, Self.retained, body)
    }

    private func tasks(_ live: LivePolicies) throws -> [String: (
        runs: Int64, failures: Int64, error: String?
    )] {
        let rows = try live.database.connect().query(
            "SELECT task, runs, failures, last_error FROM hyperstep_internal.maintenance")
        return Dictionary(
            uniqueKeysWithValues: (0..<rows.count).map {
                (
                    rows.text($0, 0) ?? "",
                    (rows.int64($0, 1) ?? -1, rows.int64($0, 2) ?? -1, rows.text($0, 3))
                )
            })
    }

    @Test("Aggregates are brought up to date before the rows go, whose buckets stay")
    func order() async throws {
        try await withApache { live in
            try live.insertTraining(minutes: 300, endingAgo: "10 days")
            try live.insertTraining(minutes: 30, endingAgo: "1 day")
            let stamp = "date_trunc('minute', time)"
            try live.execute(
                """
                SELECT hyperstep_internal.note_touched('training_metrics', array_agg(run_id), array_agg(\(stamp)))
                FROM training_metrics
                """)
            let next = try Maintenance(logger: .silent).run(live.database.connect(), Self.retained)
            #expect(next > .zero && next <= .seconds(120))
            #expect(
                try live.number(
                    "SELECT count(*) FROM training_metrics WHERE time < now() - INTERVAL '6 days'") == 0)
            #expect(try live.number("SELECT sum(sample_count)::int8 FROM training_metrics_minutely") == 30)
            let tasks = try tasks(live)
            #expect(
                Set(tasks.keys) == [
                    "refresh training_metrics", "refresh run_metrics", "refresh model_performance",
                    "refresh latency_histogram", "retention training_metrics", "retention run_metrics_hourly",
                ])
            #expect(tasks.values.allSatisfy { $0 == (1, 0, nil) })
        }
    }

    @Test("Nothing is dropped while what sums it up fails, and then it is")
    func putOff() async throws {
        try await withApache { live in
            try live.insertTraining(minutes: 30, endingAgo: "10 days")
            try live.execute(
                """
                INSERT INTO hyperstep_internal.maintenance (task, last_start, next_start, runs, failures, last_error)
                VALUES ('refresh training_metrics', now(), now(), 1, 1, 'no room')
                """)
            let connection = try live.database.connect()
            _ = try Maintenance(logger: .silent).run(connection, Self.retained)
            #expect(try live.number("SELECT count(*) FROM training_metrics") == 30)
            #expect(try tasks(live)["retention training_metrics"] == nil)
            try live.execute(
                "UPDATE hyperstep_internal.maintenance SET last_start = now() - INTERVAL '1 day' WHERE runs = 1"
            )
            _ = try Maintenance(logger: .silent).run(connection, Self.retained)
            #expect(try live.number("SELECT count(*) FROM training_metrics") == 0)
        }
    }

    @Test("What is computed of rows that then go stays")
    func historyStays() async throws {
        try await withApache { live in
            var long = Self.retained
            long.hypertables[.trainingMetrics]?.retention = .days(50)
            for statement in AggregateSQL.setInputRetention(long) { try live.execute(statement) }
            try live.execute("UPDATE hyperstep_internal.kept_aggregates SET complete_from = '-infinity'")
            try live.insertTraining(minutes: 300, endingAgo: "10 days")
            try live.execute(
                """
                SELECT hyperstep_internal.note_touched('training_metrics', array_agg(run_id), array_agg(time))
                FROM training_metrics
                """)
            _ = try Maintenance(logger: .silent).run(live.database.connect(), long)
            #expect(try live.number("SELECT sum(sample_count)::int8 FROM training_metrics_hourly") == 300)
            try live.execute("DELETE FROM hyperstep_internal.maintenance")
            _ = try Maintenance(logger: .silent).run(live.database.connect(), Self.retained)
            #expect(try live.number("SELECT count(*) FROM training_metrics") == 0)
            #expect(try live.number("SELECT sum(sample_count)::int8 FROM training_metrics_hourly") == 300)
        }
    }

    @Test("Each is done when it is due and not before, whoever did it last")
    func schedule() async throws {
        try await withApache { live in
            for _ in 0..<3 {
                _ = try Maintenance(logger: .silent).run(live.database.connect(), Self.retained)
            }
            #expect(try tasks(live).values.allSatisfy { $0.runs == 1 })
            try live.execute(
                """
                UPDATE hyperstep_internal.maintenance SET last_start = now() - INTERVAL '3 minutes'
                WHERE task = 'refresh model_performance'
                """)
            _ = try Maintenance(logger: .silent).run(live.database.connect(), Self.retained)
            let runs = try tasks(live).mapValues(\.runs)
            #expect(runs["refresh model_performance"] == 2 && runs["refresh training_metrics"] == 1)
            // A clock that was set back.
            try live.execute(
                "UPDATE hyperstep_internal.maintenance SET last_start = now() + INTERVAL '3 years'")
            let next = try Maintenance(logger: .silent).run(live.database.connect(), Self.retained)
            #expect(next <= .seconds(120))
        }
    }

    @Test("What is no longer declared is forgotten")
    func forgotten() async throws {
        try await withApache { live in
            _ = try Maintenance(logger: .silent).run(live.database.connect(), Self.retained)
            _ = try Maintenance(logger: .silent).run(live.database.connect(), .standard)
            #expect(try tasks(live).keys.allSatisfy { $0.hasPrefix("refresh") })
        }
    }

    @Test("One that fails says so and keeps none of the others; its success clears it")
    func failing() async throws {
        try await withApache { live in
            try live.execute(
                "ALTER FUNCTION hyperstep_internal.drop_chunks_older(text, interval) RENAME TO gone")
            _ = try Maintenance(logger: .silent).run(live.database.connect(), Self.retained)
            var found = try tasks(live)
            #expect(found["retention training_metrics"]?.failures == 1)
            #expect(found["retention training_metrics"]?.error?.contains("42883") == true)
            #expect(found["refresh training_metrics"]?.failures == 0)
            try live.execute(
                "ALTER FUNCTION hyperstep_internal.gone(text, interval) RENAME TO drop_chunks_older")
            try live.execute("UPDATE hyperstep_internal.maintenance SET last_start = '2000-01-01'")
            _ = try Maintenance(logger: .silent).run(live.database.connect(), Self.retained)
            found = try tasks(live)
            #expect(found["retention training_metrics"]?.runs == 2)
            #expect(found["retention training_metrics"]?.failures == 1)
            #expect(found["retention training_metrics"]?.error == .some(nil))
        }
    }
}
