import Hyperstep
import HyperstepTestKit
import Logging
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("A collector in a test's memory")
struct TestCollectorTests {
    let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    func run(_ collector: TestCollector, parameters: [String: ParameterValue] = [:]) throws -> Run {
        try Run.start(
            project: "project", name: "name", model: "model", modelVersion: "2", parameters: parameters,
            tags: ["a"], settings: collector.settings, logger: quiet)
    }

    @Test("Each step is there once and as it was given")
    func steps() async throws {
        try await withTestCollector { collector in
            let run = try run(collector)
            for step in 0..<500 {
                run.step(
                    epoch: 1, batch: step, loss: Double(step), accuracy: step % 2 == 0 ? 0.5 : nil,
                    gradientNorm: step % 3 == 0 ? .infinity : nil)
            }
            let report = await run.finish(timeout: .seconds(60))
            #expect(report.committed == 500)
            let recorded = try #require(collector[run])
            #expect(recorded.steps.map(\.step) == Array(0..<500))
            #expect(recorded.steps.map(\.batch) == Array(0..<500))
            #expect(recorded.steps.allSatisfy { $0.loss == Double($0.step) && $0.epoch == 1 })
            #expect(recorded.steps.allSatisfy { $0.accuracy == ($0.step % 2 == 0 ? 0.5 : nil) })
            #expect(recorded.steps.allSatisfy { $0.gradientNorm == ($0.step % 3 == 0 ? .infinity : nil) })
            #expect(recorded.steps.allSatisfy { $0.recall == nil })
        }
    }

    @Test("A run that is resumed elsewhere learns from the collector which attempt it is")
    func resume() async throws {
        try await withTestCollector { collector in
            let first = try run(collector)
            for _ in 0..<10 { first.step(loss: 1) }
            await first.finish(.failed("out of memory"), timeout: .seconds(60))
            #expect(collector[first]?.fromStep == nil)
            var settings = collector.settings
            settings.directory = collector.settings.directory.map { $0 + "/elsewhere" }
            for attempt in 1...2 {
                // Another machine has another directory, and knows nothing of the attempts before.
                settings.directory?.append("\(attempt)")
                let next = try Run.start(
                    project: "project", name: "name", model: "model",
                    resume: .run(first.id, fromStep: 5 + attempt), settings: settings, logger: quiet)
                #expect(next.attempt == attempt && next.id == first.id)
                next.step(loss: 2)
                await next.finish(timeout: .seconds(60))
                let recorded = try #require(collector[next])
                #expect(recorded.attempt == attempt && recorded.status == .finished)
                #expect(recorded.fromStep == 5 + attempt)
                #expect(recorded.steps.last?.step == 5 + attempt)
                #expect(recorded.steps.last?.attempt == attempt)
            }
            #expect(collector.runs.count == 1)
        }
    }

    @Test("A run's names, parameters, tags and end")
    func life() async throws {
        try await withTestCollector { collector in
            let parameters: [String: ParameterValue] = [
                "learning_rate": 0.1, "layers": [64, 10], "nothing": nil, "deep": ["on": true, "name": "x"],
                "nan": .double(.nan), "zero": 0.0, "one": 1.0, "large": 1e16, "negative": -0.0, "text": "NaN",
                "nested": [1.0, 1, ["momentum": 0.0, "seed": 0]],
            ]
            let run = try run(collector, parameters: parameters)
            await run.finish(.failed("loss is NaN"), timeout: .seconds(60))
            let recorded = try #require(collector[run])
            #expect([recorded.project, recorded.name, recorded.model] == ["project", "name", "model"])
            #expect(recorded.modelVersion == "2" && recorded.tags == ["a"])
            #expect(recorded.parameters == parameters.merging(["nan": "NaN"]) { $1 })
            #expect(recorded.status == .failed("loss is NaN"))
            #expect(collector.runs.map(\.id) == [run.id])
        }
    }

    @Test("A run that the code keeps to itself is found by its name or its id")
    func find() async throws {
        try await withTestCollector { collector in
            for loss in [1.0, 2] {
                try withRun(
                    project: "p", name: "twice", model: "m", settings: collector.settings, logger: quiet
                ) { run in
                    run.step(loss: loss)
                    run.experiment(id: run.id).record(metrics: ["loss": loss])
                }
            }
            let other = try run(collector)
            await other.finish(timeout: .seconds(60))
            let found = collector.runs(named: "twice")
            #expect(found.map { $0.steps.map(\.loss) } == [[1], [2]])
            #expect(found == Array(collector.runs.prefix(2)) && Set(found).count == 2)
            #expect(found.map(\.status) == [.finished, .finished])
            #expect(collector.runs(named: "name").map(\.id) == [other.id])
            #expect(collector.runs(named: "once").isEmpty)
            for run in found {
                #expect(collector.run(id: run.id) == run)
                #expect(collector.experiment(id: run.id)?.metrics["loss"] == run.steps.first?.loss)
            }
            #expect(collector.run(id: UUID()) == nil && collector.experiment(id: UUID()) == nil)
        }
    }

    @Test("Values of metrics by name, with their units")
    func metrics() async throws {
        try await withTestCollector { collector in
            let run = try run(collector)
            let (top5, wait) = (run.metric("val/top5"), run.metric("wait", unit: "ms"))
            top5.record(0.5, step: 9)
            wait.record(.infinity, step: 3)
            top5.record(0.25, step: 4)
            await run.finish(timeout: .seconds(60))
            let recorded = try #require(collector[run])
            #expect(recorded.metrics["val/top5"]?.map(\.value) == [0.5, 0.25])
            #expect(recorded.metrics["val/top5"]?.map(\.step) == [9, 4])
            #expect(recorded.metrics["wait"]?.map(\.value) == [.infinity])
            #expect(recorded.units == ["wait": "ms"])
        }
    }

    @Test("Experiments as they stand, and how they came to it")
    func experiments() async throws {
        try await withTestCollector { collector in
            let run = try run(collector)
            let trial = run.experiment(
                parameters: ["rate": 0.5, "layers": [1, 2], "nan": .double(.nan)], worker: "w-3", gpu: "GPU-1"
            )
            let given = UUID()
            let other = run.experiment(id: given)
            let open = run.experiment()
            trial.record(metrics: ["val/accuracy": 0.25, "val/loss": .nan])
            trial.record(metrics: ["val/accuracy": 3], parameters: ["rate": 0.125])
            trial.finish(.stopped, metrics: ["val/loss": -.infinity, "most": .infinity])
            other.finish(.failed)
            await run.finish(timeout: .seconds(60))
            #expect(collector.experiments.map(\.id) == [trial.id, given, open.id])
            let recorded = try #require(collector[trial])
            #expect(recorded.status == .stopped && recorded.worker == "w-3" && recorded.gpu == "GPU-1")
            #expect(recorded.parameters == ["rate": 0.125, "layers": [1, 2], "nan": "NaN"])
            #expect(
                recorded.metrics == ["val/accuracy": 3, "val/loss": -.infinity, "most": .infinity])
            #expect(recorded.rows.map(\.status) == [.running, .running, .running, .stopped])
            #expect(recorded.rows.map(\.parameters["rate"]) == [0.5, 0.5, 0.125, 0.125])
            #expect(recorded.rows.map(\.metrics["val/accuracy"]) == [nil, 0.25, 3, 3])
            #expect(recorded.rows.map { $0.metrics["val/loss"]?.isNaN } == [nil, true, true, false])
            #expect(recorded.rows.map(\.time) == recorded.rows.map(\.time).sorted())
            #expect(recorded.rows.allSatisfy { $0.worker == "w-3" && $0.gpu == "GPU-1" })
            let failed = try #require(collector[other])
            #expect(failed.status == .failed && failed.worker == nil && failed.gpu == nil)
            #expect(failed.parameters.isEmpty && failed.metrics.isEmpty && failed.rows.count == 2)
            // It ended with its run.
            #expect(collector[open]?.status == .finished)
        }
    }

    @Test("While it is not available nothing arrives; after it everything does, once")
    func away() async throws {
        try await withTestCollector { collector in
            collector.isAvailable = false
            let run = try run(collector)
            for _ in 0..<100 { run.step(loss: 1) }
            let report = await run.finish(timeout: .milliseconds(200))
            #expect(report.spooled == 100 && collector.runs.isEmpty)
            collector.isAvailable = true
            // As the real thing: the next run sends what is on disk, each stream when its turn comes.
            let next = try self.run(collector)
            for _ in 0..<6_000 {
                if let sent = collector[run], sent.steps.count == 100, sent.status == .finished { break }
                try await Task.sleep(for: .milliseconds(10))
            }
            await next.finish(timeout: .seconds(60))
            #expect(collector[run]?.steps.map(\.step) == Array(0..<100))
            #expect(collector[run]?.status == .finished)
        }
    }

    @Test("Monitors' windows, their percentiles within one percent")
    func windows() async throws {
        try await withTestCollector { collector in
            let monitor = try InferenceMonitor.start(
                model: "model", modelVersion: "3", endpoint: "/predict", settings: collector.settings,
                logger: quiet)
            for milliseconds in 1...100 {
                monitor.record(
                    latency: .milliseconds(milliseconds), outcome: milliseconds > 98 ? .error : .ok)
            }
            await collector.finishMonitors()
            let windows = collector.windows
            #expect(windows.map(\.requests).reduce(0, +) == 100)
            #expect(windows.map(\.errors).reduce(0, +) == 2)
            let window = try #require(windows.first)
            #expect(window.model == "model" && window.endpoint == "/predict")
            #expect(windows.allSatisfy { $0.modelVersion == "3" } && window == windows[0])
            if windows.count == 1 {
                let median = try #require(window.percentile(0.5)) / .milliseconds(1)
                #expect((49.4...50.6).contains(median))
                #expect(window.percentile(0.5, of: .queueTime) == nil)
            }
        }
    }

    @Test("Its directory is gone with it, and what was recorded is not")
    func stop() async throws {
        let collector = try await TestCollector.start()
        let directory = try #require(collector.settings.directory)
        let run = try run(collector)
        run.step(loss: 1)
        await run.finish(timeout: .seconds(60))
        #expect(FileManager.default.fileExists(atPath: directory))
        await collector.stop()
        #expect(!FileManager.default.fileExists(atPath: directory))
        #expect(collector[run]?.steps.count == 1)
    }
}
