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
    "Questions about training",
    .needsDatabase, .mayBlock)
struct StepQuestionTests {
    @Test(
        "Each question about steps is answered as the rows say, and reads its window's chunks alone",
        arguments: TestEdition.all)
    func steps(_ edition: TestEdition) throws {
        try SampleDatabase.with(edition) { database in
            try lastHours(database)
            try curve(database)
            try scalars(database)
            try latest(database)
            try movingAverage(database)
            try outliers(database)
            try epochs(database)
            try experiments(database)
            try machines(database)
            let run = database.busiest(hours: 6)
            let variables = [
                "model": run.model.id.uuidString, "run": run.id.uuidString, "metric": "throughput",
                "window": "6 hours",
            ]
            for question in [
                "model-last-hours", "run-last-hours", "loss-curve", "run-scalar", "latest-per-model",
                "moving-average",
                "outliers", "epochs", "recent-experiments", "machines",
            ] {
                try database.expectExclusion(question, variables, hours: 6)
            }
        }
    }

    private func lastHours(_ database: SampleDatabase) throws {
        let run = database.busiest(hours: 6)
        for (question, key, isIncluded) in [
            ("model-last-hours", "model", { (other: SampleRun) in other.model.id == run.model.id }),
            ("run-last-hours", "run", { (other: SampleRun) in other.id == run.id }),
        ] {
            let id = key == "model" ? run.model.id : run.id
            let rows = try database.ask(question, [key: id.uuidString, "window": "6 hours"])
            let expected = database.steps(hours: 6, where: isIncluded)
            let offset = key == "model" ? 1 : 0
            let told = (0..<rows.count).map { row in
                Told(
                    time: rows.int64(row, 0), step: rows.int64(row, 3 + offset),
                    attempt: rows.int64(row, 1 + offset), rank: rows.int64(row, 2 + offset),
                    loss: rows.double(row, 6 + offset)?.bitPattern)
            }
            #expect(!told.isEmpty)
            #expect(told.map(\.time) == told.map(\.time).sorted { $0 ?? 0 < $1 ?? 0 }, "\(question)")
            #expect(
                Set(told)
                    == Set(
                        expected.map { _, step in
                            Told(
                                time: SampleDatabase.time(step.time), step: step.step,
                                attempt: Int64(step.attempt), rank: Int64(step.rank),
                                loss: step.loss.bitPattern)
                        }), "\(question)")
            #expect(told.count == expected.count)
        }
    }

    private struct Told: Hashable {
        let time: Int64?
        let step: Int64?
        let attempt: Int64?
        let rank: Int64?
        let loss: UInt64?
    }

    private func curve(_ database: SampleDatabase) throws {
        // The run that repeated the most steps.
        let run = try #require(
            database.data.runs.max { repeated($0, database) < repeated($1, database) })
        #expect(repeated(run, database) > 0)
        let rows = try database.ask("loss-curve", ["run": run.id.uuidString, "window": "2 days"])
        let seen = standing(run, hours: 48, database)
        #expect(Set(seen.map { "\($0.step) \($0.rank)" }).count == seen.count)
        let points = Dictionary(grouping: seen) { $0.step / 100 * 100 }
        #expect((0..<rows.count).map { rows.int64($0, 0) } == points.keys.sorted())
        for row in 0..<rows.count {
            let point = try #require(points[rows.int64(row, 0) ?? -1])
            #expect(rows.int64(row, 1) == Int64(point.count))
            #expect(rows.int64(row, 2) == point.map { Int64($0.attempt) }.max())
            #expect(isClose(rows.double(row, 3), Moments(point.filter(\.isOrdinary).map(\.loss)).average))
            #expect(isClose(rows.double(row, 6), Moments(point.map(\.accuracy)).average))
        }
    }

    private func repeated(_ run: SampleRun, _ database: SampleDatabase) -> Int {
        let steps = database.steps.filter { $0.run.id == run.id }.map { "\($0.step.step) \($0.step.rank)" }
        return steps.count - Set(steps).count
    }

    /// A run's steps of the last hours that no later attempt went back behind.
    private func standing(_ run: SampleRun, hours: Int64, _ database: SampleDatabase) -> [SampleStep] {
        let all = database.steps.filter { $0.run.id == run.id }.map(\.step)
        let begins = Dictionary(grouping: all, by: \.attempt).compactMapValues { $0.map(\.step).min() }
        return database.steps(hours: hours) { $0.id == run.id }.map(\.step).filter { step in
            !begins.contains { $0.key > step.attempt && $0.value <= step.step }
        }
    }

    private func scalars(_ database: SampleDatabase) throws {
        // The run that repeated the most steps.
        let run = try #require(
            database.data.runs.max { repeated($0, database) < repeated($1, database) })
        let rows = try database.ask(
            "run-scalar", ["run": run.id.uuidString, "metric": "throughput", "window": "2 days"])
        func values(_ steps: [SampleStep]) -> [Double] {
            steps.flatMap { database.data.scalars(at: $0, of: run) }.filter { $0.metric == 2 }.map(\.value)
        }
        let expected = values(standing(run, hours: 48, database))
        #expect(expected.count < values(database.steps(hours: 48) { $0.id == run.id }.map(\.step)).count)
        #expect(
            (0..<rows.count).compactMap { rows.double($0, 4) }.sorted() == expected.sorted())
        #expect(rows.text(0, 5) == "{sample}/s")
    }

    private func latest(_ database: SampleDatabase) throws {
        let rows = try database.ask("latest-per-model", ["window": "1 day"])
        let newest = Dictionary(grouping: database.steps(hours: 24)) { $0.run.model.name }
            .compactMapValues { $0.map { SampleDatabase.time($0.step.time) }.max() }
        #expect(!newest.isEmpty)
        #expect(
            (0..<rows.count).map { rows.text($0, 0) ?? "" } == newest.keys.sorted())
        #expect((0..<rows.count).map { rows.int64($0, 1) } == newest.keys.sorted().map { newest[$0] })
    }

    private func movingAverage(_ database: SampleDatabase) throws {
        let run = database.busiest(hours: 6)
        let rows = try database.ask("moving-average", ["run": run.id.uuidString, "window": "6 hours"])
        let expected = database.steps(hours: 6) { $0.id == run.id }.map(\.step)
            .sorted { ($0.attempt, $0.rank, $0.step) < ($1.attempt, $1.rank, $1.step) }
        #expect(rows.count == expected.count)
        for row in 0..<min(rows.count, expected.count) {
            let (attempt, rank) = (expected[row].attempt, expected[row].rank)
            let ten = expected[max(0, row - 9)...row].filter { $0.attempt == attempt && $0.rank == rank }
            let losses = Moments(ten.filter(\.isOrdinary).map(\.loss))
            #expect(isClose(rows.double(row, 6), losses.average), "step \(expected[row].step)")
            #expect(isClose(rows.double(row, 7), Moments(ten.map(\.accuracy)).average))
        }
    }

    private func outliers(_ database: SampleDatabase) throws {
        let rows = try database.ask("outliers", ["window": "1 day"])
        var expected: [(time: Int64, z: Double)] = []
        let ordinary = database.steps(hours: 24).filter { $0.step.isOrdinary }
        for steps in Dictionary(grouping: ordinary, by: { $0.run.model.id }).values {
            let moments = Moments(steps.map(\.step.loss))
            guard let average = moments.average, let deviation = moments.deviation, deviation > 0 else {
                continue
            }
            for (_, step) in steps where abs(step.loss - average) > 3 * deviation {
                expected.append((SampleDatabase.time(step.time), (step.loss - average) / deviation))
            }
        }
        #expect(!expected.isEmpty)
        #expect(rows.count == min(1_000, expected.count))
        let told = (0..<rows.count).compactMap { rows.double($0, 7) }
        let farthest = expected.map(\.z).sorted { abs($0) > abs($1) }
        #expect(zip(told, farthest).allSatisfy { isClose($0, $1, 1e-6) })
    }

    private func epochs(_ database: SampleDatabase) throws {
        let run = database.busiest(hours: 24)
        let rows = try database.ask("epochs", ["model": run.model.id.uuidString, "window": "1 day"])
        let steps = database.steps(hours: 24) { $0.model.id == run.model.id }
        var groups: [String: [SampleStep]] = [:]
        for (run, step) in steps {
            groups["\(run.id) \(step.attempt) \(step.epoch)", default: []].append(step)
        }
        #expect(rows.count == groups.count)
        for row in 0..<rows.count {
            let key = "\(rows.uuid(row, 0)!) \(rows.int64(row, 1)!) \(rows.int64(row, 2)!)"
            let group = try #require(groups[key])
            #expect(rows.int64(row, 3) == group.map { SampleDatabase.time($0.time) }.min())
            #expect(rows.int64(row, 4) == Int64(group.count))
            #expect(isClose(rows.double(row, 5), Moments(group.filter(\.isOrdinary).map(\.loss)).average))
            #expect(rows.double(row, 7) == group.compactMap(\.f1Score).max())
        }
    }

    private func experiments(_ database: SampleDatabase) throws {
        let rows = try database.ask("recent-experiments", ["window": "7 days"])
        let last = Dictionary(grouping: database.data.events) { $0.experiment }
            .compactMapValues { $0.max { $0.time < $1.time } }
        #expect(rows.count == last.count)
        for row in 0..<rows.count {
            let event = try #require(rows.uuid(row, 0).flatMap { last[$0] })
            #expect(rows.int64(row, 1) == SampleDatabase.time(event.time))
            #expect(rows.text(row, 3) == event.status)
            #expect(rows.double(row, 5) == event.learningRate)
            #expect(rows.double(row, 6) == Double(event.batchSize))
            let loss = rows.double(row, 7)
            #expect(
                loss == event.validation?.loss || loss?.isNaN == true && event.validation?.loss.isNaN == true)
            #expect(rows.double(row, 8) == event.validation?.accuracy)
        }
    }

    private func machines(_ database: SampleDatabase) throws {
        let run = database.busiest(hours: 24)
        let rows = try database.ask("machines", ["run": run.id.uuidString, "window": "1 day"])
        let samples = database.data.machines(of: run)
            .filter { SampleDatabase.time($0.time) >= database.now - 86_400_000_000 }
        let groups = Dictionary(grouping: samples) {
            "\(SampleDatabase.bucket($0.time, seconds: 300)) \($0.device)"
        }
        #expect(rows.count == groups.count)
        #expect(rows.count > 0)
        for row in 0..<rows.count {
            let group = try #require(groups["\(rows.int64(row, 0)!) \(rows.text(row, 1)!)"])
            #expect(isClose(rows.double(row, 2), Moments(group.map(\.utilization)).average))
            #expect(rows.int64(row, 3) == group.map(\.memory).max())
            #expect(rows.uuid(row, 12) != nil)
            #expect(rows.double(row, 4) == group.compactMap(\.power).max())
            #expect(rows.double(row, 6) == group.compactMap(\.cores).max())
            #expect(rows.int64(row, 7) == group.compactMap(\.memoryLimit).max())
            let moved = group.compactMap(\.moved)
            for (column, bytes) in [\SampleMachine.Moved.read, \.written, \.received, \.sent].enumerated() {
                let sum = Double(moved.map { $0[keyPath: bytes] }.reduce(0, +)) / 300
                #expect(isClose(rows.double(row, 8 + column), moved.isEmpty ? nil : sum))
            }
        }
    }
}
