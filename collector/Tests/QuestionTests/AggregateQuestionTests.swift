import HyperstepPostgres
import SampleData
import TestDatabases
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite(
    "Questions to aggregates",
    .needsDatabase, .mayBlock)
struct AggregateQuestionTests {
    @Test("Hours and quarters of hours are as computed from the rows", arguments: TestEdition.all)
    func training(_ edition: TestEdition) throws {
        try SampleDatabase.with(edition) { database in
            let run = database.busiest(hours: 24)
            let model = ["model": run.model.id.uuidString]
            let steps = database.steps(hours: 7 * 24) { $0.model.id == run.model.id }
            try hours(database, database.ask("hourly", model), steps)
            try hours(database, database.ask("hourly-from-rows", model), steps)
            try quarters(database.ask("quarter-hours", model), steps)
            for question in ["hourly", "hourly-from-rows", "quarter-hours"] {
                try database.expectExclusion(
                    question, model, hours: 6, mustExclude: question == "hourly-from-rows",
                    replacing: ("'7 days'", "'6 hours'"))
            }
        }
    }

    private func hours(
        _ database: SampleDatabase, _ rows: PostgresResult, _ steps: [(run: SampleRun, step: SampleStep)]
    ) throws {
        let groups = Dictionary(grouping: steps) {
            "\(SampleDatabase.bucket($0.step.time, seconds: 3_600)) \($0.run.id) \($0.step.attempt)"
        }
        #expect(rows.count == groups.count)
        #expect(rows.count > 0)
        for row in 0..<rows.count {
            let key = "\(rows.int64(row, 0)!) \(rows.uuid(row, 1)!) \(rows.int64(row, 2)!)"
            let group = try #require(groups[key]).map(\.step)
            let finite = group.filter { $0.loss.isFinite }
            #expect(rows.int64(row, 3) == Int64(group.count))
            #expect(rows.int64(row, 4) == group.map(\.step).min())
            #expect(rows.int64(row, 5) == group.map(\.step).max())
            #expect(isClose(rows.double(row, 6), Moments(finite.map(\.loss)).average))
            #expect(rows.double(row, 7) == finite.map(\.loss).min())
            #expect(rows.double(row, 8) == finite.map(\.loss).max())
            // Processes of a run share steps: one of theirs.
            let (first, last) = (finite.map(\.step).min(), finite.map(\.step).max())
            #expect(finite.filter { $0.step == first }.map(\.loss).contains { $0 == rows.double(row, 9) })
            #expect(finite.filter { $0.step == last }.map(\.loss).contains { $0 == rows.double(row, 10) })
            #expect(rows.int64(row, 11) == Int64(group.count - finite.count))
            let accuracy = Moments(group.map(\.accuracy))
            #expect(isClose(rows.double(row, 12), accuracy.average))
            #expect(isClose(rows.double(row, 13), accuracy.deviation, 1e-6))
        }
    }

    private func quarters(_ rows: PostgresResult, _ steps: [(run: SampleRun, step: SampleStep)]) throws {
        let groups = Dictionary(grouping: steps.map(\.step)) { SampleDatabase.bucket($0.time, seconds: 900) }
        #expect(rows.count == groups.count)
        for row in 0..<rows.count {
            let group = try #require(rows.int64(row, 0).flatMap { groups[$0] })
            let finite = group.map(\.loss).filter(\.isFinite)
            #expect(rows.int64(row, 1) == Int64(group.count))
            #expect(isClose(rows.double(row, 2), Moments(finite).average))
            #expect(rows.double(row, 3) == finite.min())
            #expect(rows.double(row, 4) == finite.max())
            #expect(isClose(rows.double(row, 5), Moments(group.map(\.accuracy)).average))
            #expect(rows.int64(row, 6) == Int64(group.count - finite.count))
        }
    }
}
