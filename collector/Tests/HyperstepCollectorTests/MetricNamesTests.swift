import HyperstepPostgres
import HyperstepWire
import TestDatabases
import Testing

@testable import HyperstepCollector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite(
    "Names of metrics",
    .needsDatabase, .mayBlock)
struct MetricNamesTests {
    private func scalars(_ metrics: [Metric]) -> Scalars {
        var scalars = Scalars(runID: UUID())
        scalars.metrics = metrics
        scalars.metricIndexes = metrics.indices.map(UInt32.init)
        scalars.times = metrics.indices.map { TestStream.epoch + Int64($0) }
        scalars.steps = metrics.indices.map(Int64.init)
        scalars.values = metrics.indices.map(Double.init)
        return scalars
    }

    private func batch(_ metrics: [Metric]) -> Batch {
        Batch(
            stream: UUID(), firstPosition: 0, positionCount: UInt64(metrics.count),
            records: .scalars(scalars(metrics)))
    }

    @Test(
        "Writers that make the same names at once do not wait in a circle; known names take no ids",
        arguments: TestEdition.all)
    func concurrent(edition: TestEdition) async throws {
        let names = (0..<400).map { Metric(name: "layer/\($0)/norm", unit: $0 % 2 == 0 ? "1" : "") }
        try await withTestDatabase(edition) { database in
            _ = try Migrator(database.connect()).run()
            let collectors = try (0..<4).map { _ in try makeIngest(database) }
            for collector in collectors { _ = await collector.commitWhenReady(TestStream().batch(0..<1)) }
            await withTaskGroup(of: Void.self) { group in
                for (index, collector) in collectors.enumerated() {
                    group.addTask {
                        for part in 0..<8 {
                            let section = names[part * 50..<part * 50 + 50]
                            let metrics: [Metric] =
                                index == 0
                                ? Array(section) : index == 1 ? section.reversed() : section.shuffled()
                            let outcome = await collector.commit(batch(metrics))
                            #expect(outcome == .committed(nextPosition: 50))
                        }
                    }
                }
            }
            let connection = try database.connect()
            let counts = try connection.query("SELECT count(*), max(id) FROM metrics")
            #expect(counts.int64(0, 0) == 400)
            #expect(counts.int64(0, 1) == 400)
            #expect(collectors.reduce(0) { $0 + $1.statistics.snapshot.retries } == 0)
            for collector in collectors { await collector.drain(timeout: .seconds(20)) }
            // Every row has a name.
            let perName = try connection.query(
                """
                SELECT count(*), min(n), max(n) FROM (
                    SELECT count(r.step) AS n FROM metrics LEFT JOIN run_metrics r ON id = metric_id GROUP BY id) c
                """)
            #expect(perName.int64(0, 0) == 400 && perName.int64(0, 1) == 4 && perName.int64(0, 2) == 4)
            // A newcomer finds them all, and its only new one gets the next id.
            let newcomer = try makeIngest(database)
            let last = counts.int64(0, 1) ?? 0
            _ = await newcomer.commitWhenReady(batch(names + [Metric(name: "new")]))
            await newcomer.drain(timeout: .seconds(20))
            let new = try connection.query("SELECT id FROM metrics WHERE name = 'new'").int64(0, 0) ?? 0
            #expect(new == last + 1)
        }
    }

    @Test("One writer leaves no gap; names differ by unit, and byte by byte", arguments: TestEdition.all)
    func noGaps(edition: TestEdition) async throws {
        let metrics = [
            Metric(name: "loss", unit: "1"), Metric(name: "loss"), Metric(name: "\u{FC}"),
            Metric(name: "u\u{308}"), Metric(name: "a", unit: "bc"), Metric(name: "ab", unit: "c"),
        ]
        try await withIngest(edition) { ingest, database in
            for round in 1...3 {
                for end in 1...metrics.count {
                    let outcome = await ingest.commitWhenReady(batch(Array(metrics[..<end].reversed())))
                    #expect(outcome == .committed(nextPosition: UInt64(end)))
                }
                let found = try database.connect().query("SELECT id, name, unit FROM metrics ORDER BY id")
                try #require(found.count == metrics.count, "round \(round)")
                for row in 0..<found.count {
                    #expect(found.int64(row, 0) == Int64(row + 1))
                    #expect(found.text(row, 1).map { Array($0.utf8) } == Array(metrics[row].name.utf8))
                    #expect(found.text(row, 2) == metrics[row].unit)
                }
            }
        }
    }

    @Test("No more names are remembered than may be, and forgotten ones are found again")
    func bounded() throws {
        let edition = try #require(TestEdition.all.first)
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            try MetricStatements.prepare(on: connection)
            var names = NameIDs<RunMetric>()
            let all = (0..<NameIDs<RunMetric>.limit + 3_000).map { Metric(name: "name \($0)") }
            for first in stride(from: 0, to: all.count, by: 3_000) {
                let few = scalars(Array(all[first..<min(all.count, first + 3_000)]))
                try names.learn([few], atMost: .max, on: connection)
                #expect(names.count <= NameIDs<RunMetric>.limit)
                #expect(try !names.ids(of: few).contains(nil))
            }
            // One group may need more than that.
            let many = scalars(all)
            try names.learn([many], atMost: .max, on: connection)
            #expect(try Set(names.ids(of: many)).count == all.count)
            let counts = try connection.query("SELECT count(*), max(id) FROM metrics")
            #expect(counts.int64(0, 0) == Int64(all.count) && counts.int64(0, 1) == Int64(all.count))
        }
    }

    @Test("Names that no row uses are not made, and one that was not asked for is an error")
    func unused() throws {
        let edition = try #require(TestEdition.all.first)
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            try MetricStatements.prepare(on: connection)
            var names = NameIDs<RunMetric>()
            var few = scalars(["a", "b", "c"].map { Metric(name: $0) })
            #expect(throws: PostgresError.self) { try names.ids(of: few) }
            few.metricIndexes = [2, 0, 2]
            try names.learn([few], atMost: .max, on: connection)
            #expect(try names.ids(of: few)[1] == nil)
            #expect(try Set(names.ids(of: few)) == [nil, 1, 2])
            #expect(try connection.query("SELECT FROM metrics").count == 2)
        }
    }
}
