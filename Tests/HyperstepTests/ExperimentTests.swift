import Foundation
import HyperstepRecorder
import HyperstepWire
import Testing

@testable import Hyperstep

@Suite("A run's experiments")
struct ExperimentTests {
    @Test("Each row says how the experiment stands: all parameters and metrics so far, of each the newest")
    func rows() throws {
        let recorded = try RecordedRun()
        let id = UUID()
        let trial = recorded.run.experiment(
            id: id, parameters: ["rate": 0.5, "layers": [1, 2]], worker: "w\u{0}x", gpu: "GPU-1")
        trial.record(metrics: ["val/loss": .nan, "val/accuracy": 0.25])
        trial.record(metrics: ["val/accuracy": 0.75], parameters: ["rate": 0.125])
        trial.finish(.stopped, metrics: ["val/loss": -.infinity])
        trial.record(metrics: ["late": 1])
        trial.finish(.failed)
        let rows = recorded.experiments
        #expect(rows.map(\.status) == ["running", "running", "running", "stopped"])
        #expect(
            rows.map(\.parametersJSON)
                == [
                    #"{"layers":[1,2],"rate":0.5}"#, #"{"layers":[1,2],"rate":0.5}"#,
                    #"{"layers":[1,2],"rate":0.125}"#, #"{"layers":[1,2],"rate":0.125}"#,
                ])
        #expect(
            rows.map(\.metricsJSON)
                == [
                    "{}", #"{"val/accuracy":0.25,"val/loss":"NaN"}"#,
                    #"{"val/accuracy":0.75,"val/loss":"NaN"}"#,
                    #"{"val/accuracy":0.75,"val/loss":"-Infinity"}"#,
                ])
        #expect(rows.allSatisfy { $0.experimentID == id && $0.modelID == recorded.run.modelID })
        #expect(rows.allSatisfy { $0.workerID == "w" && $0.gpuID == "GPU-1" })
        #expect(rows.map(\.time) == rows.map(\.time).sorted())
        #expect(recorded.recorder.experiments.level.dropped == 0)
        #expect(recorded.lines.all.isEmpty)
    }

    @Test("What is too large is left out and said; what fitted before stays")
    func tooLarge() throws {
        let recorded = try RecordedRun()
        let half = String(repeating: "x", count: 7_000)
        let trial = recorded.run.experiment(
            parameters: ["a": .string(half), "b": .string(half), "c": 1],
            worker: String(repeating: "w", count: 300))
        trial.record(metrics: [half: 1], parameters: ["a": .string(half + half), "c": 2])
        let rows = recorded.experiments
        try #require(rows.count == 2)
        #expect(
            rows[0].parametersJSON.hasPrefix(#"{"a":"xxx"#) && rows[0].parametersJSON.hasSuffix(#","c":1}"#))
        #expect(
            rows[1].parametersJSON.hasPrefix(#"{"a":"xxx"#) && rows[1].parametersJSON.hasSuffix(#","c":2}"#))
        #expect(rows[1].metricsJSON == "{}" && rows[1].workerID.utf8.count == 256)
        #expect(recorded.lines.all.count == 3)
    }

    @Test("An experiment that is open when its run ends, ends with it", arguments: [true, false])
    func followsRun(isWell: Bool) throws {
        let recorded = try RecordedRun()
        let trial = recorded.run.experiment(parameters: ["rate": 0.5])
        let over = recorded.run.experiment()
        over.finish()
        let finish = { recorded.run.finish(isWell ? .finished : .failed("why")) }  // the synchronous form
        _ = finish()
        let rows = recorded.experiments
        #expect(rows.map(\.experimentID) == [trial.id, over.id, over.id, trial.id])
        #expect(rows.map(\.status) == ["running", "running", "finished", isWell ? "finished" : "failed"])
        #expect(rows.last?.parametersJSON == #"{"rate":0.5}"#)
        trial.record(metrics: ["late": 1])
        #expect(recorded.experiments.count == 4)
    }

    @Test("Two experiments of one id both end with the run, whichever ended before")
    func sameID() throws {
        let recorded = try RecordedRun()
        let id = UUID()
        let first = recorded.run.experiment(id: id, parameters: ["phase": 1])
        let second = recorded.run.experiment(id: id, parameters: ["phase": 2])
        second.finish(.stopped)
        let finish = { recorded.run.finish() }  // the synchronous form
        _ = finish()
        let rows = recorded.experiments
        #expect(rows.map(\.experimentID) == [first.id, id, id, id])
        #expect(rows.map(\.status) == ["running", "running", "stopped", "finished"])
        #expect(rows.last?.parametersJSON == #"{"phase":1}"#)
    }

    @Test("More open experiments than end with their run are said once")
    func tooManyOpen() throws {
        let recorded = try RecordedRun()
        for _ in 0..<Recording.mostOpenExperiments { _ = recorded.run.experiment() }
        let overflow = { recorded.lines.all.filter { $0.contains("4096 open experiments") } }
        #expect(overflow().isEmpty)
        for _ in 0..<3 { _ = recorded.run.experiment() }
        #expect(overflow().count == 1)
    }

    @Test("What has no room is said once for each name, however often it is given")
    func saidOnce() throws {
        let recorded = try RecordedRun()
        let large = ParameterValue.string(String(repeating: "x", count: 14_000))
        let trial = recorded.run.experiment(parameters: ["a": large])
        for _ in 0..<5 { trial.record(metrics: [:], parameters: ["a": large, "b": large]) }
        #expect(recorded.lines.all.count == 2)
        // Of another experiment anew.
        _ = recorded.run.experiment(parameters: ["a": large])
        #expect(recorded.lines.all.count == 3)
        for number in 0..<1_000 { trial.record(metrics: [:], parameters: ["\(number)": large]) }
        #expect(
            recorded.lines.all.count == 3 + SaidNames.most - 2, "names without end are not said without end")
    }

    @Test("From several threads, rows come in the order of what they say, and the report counts them")
    func threads() throws {
        let directory = try TemporaryDirectory()
        var settings = Settings(mode: .offline, directory: directory.path)
        settings.whenFull = .wait
        let run = try Run.start(project: "p", name: "n", model: "m", settings: settings)
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            let trial = run.experiment()
            for step in 0..<50 { trial.record(metrics: ["step": Double(step)]) }
            trial.finish()
        }
        let report = run.finish(timeout: .seconds(60))
        #expect(report.experiments == FinishReport.Counts(spooled: 4 * 52))
        #expect(report.description.contains("rows of experiments: 0 committed, 208 spooled, 0 dropped"))
    }

    @Test("Disabled, an experiment records nothing")
    func disabled() throws {
        let run = try Run.start(project: "p", name: "n", model: "m", settings: Settings(mode: .disabled))
        let id = UUID()
        let trial = run.experiment(id: id, parameters: ["rate": 1])
        trial.record(metrics: ["x": 1])
        trial.finish()
        #expect(trial.id == id)
        let finish = { run.finish() }  // the synchronous form
        #expect(finish() == FinishReport())
    }
}

extension RecordedRun {
    var experiments: [ExperimentEvent] {
        var rows: [ExperimentEvent] = []
        _ = recorder.experiments.read(from: 0, limit: 1_000) { _, payload in
            if let row = try? ExperimentEvent(decoding: payload) { rows.append(row) }
            return true
        }
        return rows
    }
}
