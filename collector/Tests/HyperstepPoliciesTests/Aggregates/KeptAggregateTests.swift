import HyperstepPolicies
import HyperstepPostgres
import TestDatabases
import Testing

private let apache = TestEdition.apache

@Suite(
    "Aggregates that the collector keeps",
    .needsApache, .mayBlock)
struct KeptAggregateTests {
    private static let start = RandomRows.start
    private static let minute: Int64 = 60_000_000
    private let model = RandomRows.uuid(1)
    private let run = RandomRows.uuid(2)

    private func row(minute: Int64, loss: Double = 1, step: Int64 = 1) -> TrainingRow {
        TrainingRow(time: Self.start + minute * Self.minute, model: model, run: run, loss: loss, step: step)
    }

    private func withDatabase(
        policies: PolicySet = .standard, aggregates: [Aggregate] = Aggregate.allCases,
        _ body: (AggregateDatabase) throws -> Void
    ) throws {
        let edition = try #require(apache)
        try withTestDatabase(edition) { database in
            try body(AggregateDatabase(database, edition, policies: policies, aggregates: aggregates))
        }
    }

    @Test("A note that a writer holds is left to the next refresh, and its rows are not lost")
    func heldNote() throws {
        try withDatabase { it in
            let training: [Aggregate] = [.trainingMetricsMinutely, .trainingMetricsHourly]
            try it.write([row(minute: 0)])
            let writer = try it.database.connect()
            try writer.execute("BEGIN")
            let late = row(minute: 0, loss: 7, step: 2)
            try writer.execute(
                """
                INSERT INTO training_metrics (time, model_id, run_id, epoch, batch, loss, step)
                VALUES ('2026-03-01T00:00Z', '\(model)', '\(run)', 1, 2, 7, 2);
                SELECT hyperstep_internal.note_touched(
                    'training_metrics', ARRAY['\(run)']::uuid[], ARRAY['2026-03-01T00:00:30Z']::timestamptz[])
                """)
            #expect(try it.number("SELECT count(*) FROM hyperstep_internal.touched_buckets") == 1)
            #expect(try it.refresher.refresh(.trainingMetrics) == 0)
            try it.expect([row(minute: 0)], "while it writes", aggregates: training)
            try writer.execute("COMMIT")
            try it.expect([row(minute: 0), late], "when it has written", aggregates: training)
            #expect(try it.refresher.refresh(.trainingMetrics) == 1)
            try it.expect([row(minute: 0), late], "refreshed", aggregates: training)
            #expect(try it.number("SELECT count(*) FROM hyperstep_internal.touched_buckets") == 0)
        }
    }

    @Test("What ended less than the age ago is left, and shown all the same")
    func age() throws {
        try withDatabase { it in
            let now = try #require(try it.connection.query("SELECT now()").int64(0, 0))
            let rows = [0, 61, 300].map {
                TrainingRow(time: now - $0 * Self.minute, model: model, run: run, step: $0)
            }
            try it.write(rows)
            #expect(try it.refresher.refresh(.trainingMetrics, olderThan: .hours(1)) == 2)
            #expect(try it.refresher.refresh(.trainingMetrics, olderThan: .hours(1)) == 0)
            try it.expect(rows, "in part")
            #expect(try it.refresher.refresh(.trainingMetrics) == 1)
        }
    }

    @Test("A late row of a bucket whose rows are gone does not erase it")
    func history() throws {
        var policies = PolicySet.standard
        for hypertable in Hypertable.allCases { policies.hypertables[hypertable]?.retention = nil }
        try withDatabase(policies: policies) { it in
            let training: [Aggregate] = [.trainingMetricsMinutely, .trainingMetricsHourly]
            let rows = (0..<90).map { row(minute: $0, step: $0) }
            try it.write(rows)
            try it.refresher.refresh(.trainingMetrics)
            try it.transaction([
                "SELECT hyperstep_internal.note_dropped('training_metrics', '2026-03-01T01:00Z')",
                "SELECT drop_chunks('training_metrics', TIMESTAMPTZ '2026-03-01T01:00Z')",
            ])
            #expect(try it.number("SELECT count(*) FROM training_metrics") == 30)
            let late = [row(minute: 5, loss: 99, step: 1000), row(minute: 70, loss: 50, step: 1001)]
            try it.write(late)
            // The hour at the edge is made of minutes that are kept, and takes the newer row in.
            for when in ["noted", "refreshed"] {
                try it.expect(rows + late.suffix(1), when, aggregates: training)
                try it.refresher.refresh(.trainingMetrics)
            }
            try it.refresher.refreshWindow(.trainingMetricsHourly, from: nil, to: nil)
            try it.expect(rows + late.suffix(1), "its window refreshed", aggregates: training)
        }
    }

    @Test("A retention that is set discards notes that wait, and longer ones later do not bring them back")
    func retention() throws {
        try withDatabase { it in
            let rows = [row(minute: 0)]
            try it.write(rows)
            try it.refresher.refresh(.trainingMetrics)
            try it.write([row(minute: 0, loss: 5)])
            var policies = it.policies
            policies.hypertables[.trainingMetrics]?.retention = .days(7)
            for _ in 0..<2 { try it.transaction(AggregateSQL.setInputRetention(policies)) }
            policies.hypertables[.trainingMetrics]?.retention = .days(36_500)
            try it.transaction(AggregateSQL.setInputRetention(policies))
            #expect(try it.refresher.refresh(.trainingMetrics) == 0)
            try it.write([row(minute: 0, loss: 6)])
            #expect(try it.number("SELECT count(*) FROM hyperstep_internal.touched_buckets") == 0)
            try it.expect(rows, "afterwards", aggregates: [.trainingMetricsMinutely, .trainingMetricsHourly])
        }
    }

    @Test("Without real time the view shows what is computed, until it is switched")
    func realTime() throws {
        var policies = PolicySet.standard
        for aggregate in Aggregate.allCases { policies.aggregates[aggregate]?.isRealTime = false }
        try withDatabase(policies: policies) { it in
            let rows = [row(minute: 0), row(minute: 61, step: 2)]
            try it.write(rows.prefix(1).map(\.self))
            try it.expect([], "not computed")
            try it.refresher.refresh(.trainingMetrics)
            try it.write(rows.suffix(1).map(\.self))
            try it.expect(rows.prefix(1).map(\.self), "computed")
            for aggregate in Aggregate.allCases {
                try it.transaction(AggregateSQL.setRealTime(aggregate, .standard, kind: .kept))
            }
            try it.expect(rows, "switched")
        }
    }

    @Test("A query by run and time plans only the chunks it needs, of what is computed and of what is not")
    func chunkExclusion() throws {
        try withDatabase { it in
            let rows = (0..<240).map { row(minute: $0 * 10, step: $0) }
            try it.write(rows)
            try it.refresher.refresh(.trainingMetrics)
            try it.write(rows)
            #expect(try it.number("SELECT count(*) FROM show_chunks('training_metrics')") == 40)
            for aggregate in ["training_metrics_minutely", "training_metrics_hourly"] {
                let plan = try it.connection.query(
                    """
                    EXPLAIN (COSTS off) SELECT * FROM \(aggregate)
                    WHERE run_id = '\(run)' AND bucket >= '2026-03-01T10:00Z' AND bucket < '2026-03-01T12:00Z'
                    """)
                let lines = (0..<plan.count).compactMap { plan.text($0, 0) }
                let chunks = Set(
                    lines.flatMap { $0.split(separator: " ") }.filter {
                        $0.hasPrefix("_hyper_1_") && $0.hasSuffix("_chunk")
                    })
                #expect(chunks.count == 2, "\(aggregate)")
                #expect(lines.contains { $0.contains("run_id = '\(run)'".lowercased()) })
            }
        }
    }

    @Test("A window is computed anew, and nothing outside it")
    func window() throws {
        try withDatabase { it in
            let rows = (0..<5).map { row(minute: $0 * 60, step: $0) }
            try it.write(rows)
            try it.refresher.refresh(.trainingMetrics)
            // What no writer does: rows changed without a note.
            try it.connection.execute(
                """
                UPDATE hyperstep_internal.training_metrics_minutely SET max_loss = 1000;
                UPDATE hyperstep_internal.training_metrics_hourly SET max_loss = 1000;
                INSERT INTO hyperstep_internal.training_metrics_hourly (bucket, run_id, attempt)
                VALUES ('2026-03-01T02:00Z', '\(RandomRows.uuid(9))', 0)
                """)
            try it.refresher.refreshWindow(
                .trainingMetricsHourly, from: "2026-03-01T01:30Z", to: "2026-03-01T02:30Z")
            #expect(try it.number("SELECT count(*) FROM training_metrics_hourly WHERE max_loss = 1000") == 3)
            #expect(
                try it.number("SELECT count(*) FROM training_metrics_minutely WHERE max_loss = 1000") == 3)
            try it.refresher.refreshWindow(.trainingMetricsMinutely, from: nil, to: nil)
            try it.expect(rows, "all of it")
        }
    }

    @Test("An aggregate made when there are rows has them, the hourly one from the minutely one")
    func madeLater() throws {
        try withDatabase(aggregates: []) { it in
            var rows = RandomRows(seed: 5).allRows(300)
            try it.write(rows)
            try it.create(.trainingMetricsMinutely)
            try it.expect(rows, "at once", aggregates: [.trainingMetricsMinutely])
            var refresher = it.refresher
            refresher.notesPerTransaction = 20
            var slices = 3
            try refresher.refresh(.trainingMetrics) {
                slices -= 1
                return slices > 0
            }
            for aggregate in Aggregate.allCases.dropFirst() { try it.create(aggregate) }
            try it.expect(rows, "at once")
            for hypertable in Hypertable.allCases { try it.refresher.refresh(hypertable) }
            rows += RandomRows(seed: 6).allRows(100)
            try it.write(RandomRows(seed: 6).allRows(100))
            try it.expect(rows, "later")
        }
    }

    @Test("Dropping one drops what is made of it, and its notes; it can be made again with other buckets")
    func dropped() throws {
        try withDatabase { it in
            let rows = RandomRows(seed: 7).allRows(200)
            try it.write(rows)
            try it.transaction(AggregateSQL.drop(.trainingMetricsMinutely, kind: .kept))
            for aggregate in Aggregate.allCases {
                let expected: AggregateKind? = aggregate.hypertable == .trainingMetrics ? nil : .kept
                #expect(try AggregateKind.of(aggregate, it.connection) == expected)
            }
            #expect(
                try it.number(
                    "SELECT count(*) FROM hyperstep_internal.touched_buckets WHERE source = 'training_metrics'"
                ) == 0)
            try it.write([])
            var wider = it.policies
            wider.aggregates[.trainingMetricsMinutely]?.bucket = .minutes(5)
            wider.aggregates[.trainingMetricsHourly]?.bucket = .days(1)
            for aggregate in [Aggregate.trainingMetricsMinutely, .trainingMetricsHourly] {
                try it.transaction(AggregateSQL.create(aggregate, wider, edition: .apache))
            }
            for _ in 0..<2 {
                for (aggregate, width) in [
                    (Aggregate.trainingMetricsMinutely, 300), (.trainingMetricsHourly, 86_400),
                ] {
                    let expected = ExpectedAggregate(aggregate, of: rows, width: Int64(width))
                    #expect(try expected.differences(from: aggregate, on: it.connection) == [])
                }
                try it.refresher.refresh(.trainingMetrics)
            }
        }
    }

    @Test("What is not there, or not known, is said by name")
    func unknown() throws {
        try withDatabase(aggregates: []) { it in
            #expect(try it.refresher.refresh(.trainingMetrics) == 0)
            let missing = #expect(throws: PostgresError.self) {
                try it.refresher.refreshWindow(.runMetricsHourly, from: nil, to: nil)
            }
            #expect(missing?.kind == .schema)
            #expect(missing?.message.contains("run_metrics_hourly") == true)
            try it.create(.runMetricsHourly)
            let unreadable = #expect(throws: PostgresError.self) {
                try it.refresher.refreshWindow(.runMetricsHourly, from: "yesteryear", to: nil)
            }
            #expect(unreadable?.kind == .data)
            try it.write(RandomRows(seed: 8).allRows(20))
            try it.connection.execute(
                """
                INSERT INTO hyperstep_internal.kept_aggregates (aggregate, source, width, is_real_time)
                VALUES ('run_metrics_yearly', 'run_metrics', '1 day', true)
                """)
            let newer = #expect(throws: PostgresError.self) { try it.refresher.refresh(.runMetrics) }
            #expect(newer?.message.contains("run_metrics_yearly") == true)
        }
    }
}

extension RandomRows {
    func allRows(_ count: Int) -> [any TestRow] {
        var copy = self
        return copy.batch(count)
    }
}
