import Foundation
import HyperstepRecorder
import HyperstepTestKit
import NIOConcurrencyHelpers
import Testing

@testable import Hyperstep

/// A collector in memory stands for one that keeps up; what is lost here is lost between program and recorder.
@Suite("Much at once is all recorded", .timeLimit(.minutes(20)))
struct BurstTests {
    @Test("Parameters set one by one right after the start are all there", arguments: [60, 100, 1_000])
    func parameters(count: Int) async throws {
        try await withTestCollector { collector in
            let run = try Run.start(project: "p", name: "n", model: "m", settings: collector.settings)
            for index in 0..<count { run.update(parameters: ["key\(index)": .int(index)]) }
            let report = await run.finish(timeout: .seconds(600))
            #expect(report.isComplete && report.leftOut == 0)
            #expect(collector[run]?.parameters.count == count)
            #expect(collector[run]?.parameters["key\(count - 1)"] == .int(count - 1))
        }
    }

    @Test("Tags added one by one are all there, and none is forgotten because the ring was full")
    func tags() async throws {
        try await withTestCollector { collector in
            let run = try Run.start(project: "p", name: "n", model: "m", settings: collector.settings)
            for index in 0..<200 { run.update(parameters: ["key\(index % 50)": .int(index)]) }
            for tag in 0..<64 { run.add(tags: ["tag \(tag)"]) }
            #expect(await run.finish(timeout: .seconds(600)).isComplete)
            #expect(collector[run]?.tags.count == 64)
            #expect(collector[run]?.parameters.count == 50)
        }
    }

    @Test("Parameters set while the database is away do not stay in memory, where a kill takes them")
    func parametersOfAnOutage() async throws {
        try await withTestCollector { collector in
            collector.isAvailable = false
            var settings = collector.settings
            // Steps wait for the collector then, and are not moved out of its way.
            settings.whenFull = .wait
            let run = try Run.start(project: "p", name: "n", model: "m", settings: settings)
            for index in 0..<200 { run.update(parameters: ["key\(index)": .int(index)]) }
            let recording = try #require(run.recording)
            while recording.events.withLockedValue({ $0.isWaiting }) {
                try await Task.sleep(for: .milliseconds(5))
            }
            collector.isAvailable = true
            #expect(await run.finish(timeout: .seconds(600)).isComplete)
            #expect(collector[run]?.parameters.count == 200)
        }
    }

    @Test("60 experiments that end at once are 120 rows, at once or one after the other")
    func experiments() async throws {
        try await withTestCollector { collector in
            let run = try Run.start(project: "p", name: "n", model: "m", settings: collector.settings)
            for index in 0..<60 {
                run.experiment(parameters: ["trial": .int(index)]).finish(metrics: ["score": Double(index)])
            }
            let report = await run.finish(timeout: .seconds(600))
            #expect(report.experiments.committed == 120 && report.isComplete)
            #expect(collector.experiments.count == 60)
            #expect(collector.experiments.allSatisfy { $0.status == .finished })
        }
    }

    @Test("Thousands of open experiments end with their run, and rows that wait are recorded before its end")
    func manyOpen() async throws {
        let directory = try TemporaryDirectory()
        let run = try Run.start(
            project: "p", name: "n", model: "m",
            settings: Settings(mode: .offline, directory: directory.path))
        let trials = (0..<2_000).map { run.experiment(parameters: ["trial": .int($0)]) }
        let report = await run.finish(timeout: .zero)
        #expect(report.experiments.dropped == 0)
        #expect(report.experiments.spooled == UInt64(2 * trials.count))
    }

    @Test("What an experiment cannot hold is counted in the report")
    func leftOut() async throws {
        try await withTestCollector { collector in
            let run = try Run.start(project: "p", name: "n", model: "m", settings: collector.settings)
            let large = ParameterValue.string(String(repeating: "x", count: 14_000))
            let trial = run.experiment(parameters: ["large": large])
            trial.record(metrics: [:], parameters: ["large": large])
            let report = await run.finish(timeout: .seconds(600))
            #expect(report.leftOut == 2 && !report.isComplete)
            #expect(report.description.contains("2 parameters, tags or metrics left out"))
        }
    }

    @Test("A burst of 60,000 values of metrics is kept, before the shipper has looked even once")
    func scalars() async throws {
        let directory = try TemporaryDirectory()
        var settings = Settings(mode: .offline, directory: directory.path)
        settings.flushInterval = .seconds(3_600)
        let run = try Run.start(project: "p", name: "n", model: "m", settings: settings)
        let metric = run.metric("loss")
        for value in 0..<60_000 { metric.record(Double(value), step: value) }
        let report = await run.finish(timeout: .zero)
        #expect(report.scalars.dropped == 0 && report.scalars.spooled == 60_000)
    }

    @Test("A ring that fills between two looks at it is seen, however long the flush interval is")
    func glance() async throws {
        let directory = try TemporaryDirectory()
        var settings = Settings(mode: .offline, directory: directory.path)
        settings.flushInterval = .seconds(3_600)
        let run = try Run.start(project: "p", name: "n", model: "m", settings: settings)
        let metric = run.metric("loss")
        let scalars = try #require(run.recording).recorder.scalars
        // More than three times what the ring holds, each time as soon as there is room.
        for _ in 0..<6 {
            for value in 0..<40_000 { metric.record(Double(value), step: value) }
            while scalars.level.fill > 0.25 { try await Task.sleep(for: .milliseconds(1)) }
        }
        let report = await run.finish(timeout: .zero)
        #expect(report.scalars.dropped == 0 && report.scalars.spooled == 6 * 40_000)
    }
}
