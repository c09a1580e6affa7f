import Foundation
import HyperstepRecorder
import HyperstepWire
import Testing

@testable import Hyperstep

@Suite("Changing a run while it goes on")
struct RunChangeTests {
    private func run(
        _ directory: TemporaryDirectory, mode: Settings.Mode = .offline
    ) throws -> (Run, RecordedLines.Lines) {
        let (logger, lines) = RecordedLines.logger()
        let run = try Run.start(
            project: "p", name: "n", model: "m",
            settings: Settings(mode: mode, directory: directory.path), logger: logger)
        return (run, lines)
    }

    @Test("Parameters and tags become events, in the order of the calls; NaN is text")
    func changes() throws {
        let directory = try TemporaryDirectory()
        let (run, lines) = try run(directory)
        run.update(parameters: ["rate": .double(.nan), "depth": 3])
        run.add(tags: ["a", "b"])
        run.add(tags: ["b"])
        run.update(parameters: [:])
        let events = run.waitingEvents.dropFirst().map(\.event)
        #expect(
            events == [
                .changed(parametersJSON: #"{"depth":3,"rate":"NaN"}"#, tags: []),
                .changed(parametersJSON: "{}", tags: ["a", "b"]),
            ])
        run.finish(timeout: .zero)
        #expect(lines.all.isEmpty)
        run.update(parameters: ["late": 1])
        #expect(lines.all.count == 1 && lines.all[0].contains("finished"))
        let report = run.finish(timeout: .zero)
        #expect(report.leftOut == 1 && !report.isComplete)
    }

    @Test("What does not fit is said once for each name, and tags that are too many once")
    func saidOnce() throws {
        let directory = try TemporaryDirectory()
        let (run, lines) = try run(directory)
        let large = ParameterValue.string(String(repeating: "x", count: 14_000))
        let deep = (0..<40).reduce(ParameterValue.null) { value, _ in [value] }
        for _ in 0..<5 {
            run.update(parameters: ["large": large, "deep": deep])
            run.add(tags: [""])
        }
        #expect(lines.all.count == 3)
        for first in 0..<3 { run.add(tags: (first..<70).map { "\($0)" }) }
        #expect(lines.all.count == 4)
        let report = run.finish(timeout: .zero)
        // Each time that they were given: 15, and 6 tags three times.
        #expect(report.leftOut == 33 && !report.isComplete)
    }

    @Test(
        "More changes than there is room for wait, one value for each name, and are recorded before the end")
    func bounded() throws {
        let directory = try TemporaryDirectory()
        // Nobody takes events out of this one.
        let description = try RunDescription(
            project: "p", name: "n", model: "m", modelVersion: nil, id: nil)
        let recorder = try Settings(mode: .offline, directory: directory.path)
            .resolved(environment: [:]).makeRecorder(for: description)
        let recording = Recording(runID: description.runID, recorder: recorder)
        let (logger, lines) = RecordedLines.logger()
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for index in 0..<100 {
                recording.change(
                    parameters: ["\(thread)": .int(index), "\(thread) \(index)": 1], tags: [], logger: logger)
            }
        }
        #expect(recorder.events.level.fill == 0.75)
        #expect(recording.recordWaiting())
        for _ in 0..<100 { recording.recordHeartbeat() }
        #expect(recording.end(.finished, until: .now, logger) == true)
        #expect(recording.end(.failed(""), until: .now, logger) == nil)
        #expect(recorder.events.level.dropped == 0 && recording.leftOut == 0 && lines.all.isEmpty)
        var names: Set<String> = []
        var newest: [String: Int] = [:]
        var last: RunEvent.Event?
        _ = recorder.events.read(from: 0, limit: 100) { _, payload in
            last = (try? RunEvent(decoding: payload))?.event
            guard case .changed(let json, _) = last,
                let members = try? JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Int]
            else { return true }
            names.formUnion(members.keys)
            newest.merge(members) { $1 }
            return true
        }
        #expect(names.count == 404 && (0..<4).allSatisfy { newest["\($0)"] == 99 })
        #expect(last == .finished(.finished, reason: ""))
    }

    @Test("Heartbeats leave half of the events' room, and end with the run")
    func heartbeats() throws {
        let directory = try TemporaryDirectory()
        let description = try RunDescription(
            project: "p", name: "n", model: "m", modelVersion: nil, id: nil)
        let recorder = try Settings(mode: .offline, directory: directory.path)
            .resolved(environment: [:]).makeRecorder(for: description)
        let recording = Recording(
            runID: description.runID, life: RunLife(attempt: 2, rank: 1), recorder: recorder)
        for _ in 0..<100 { recording.recordHeartbeat() }
        #expect(recorder.events.level.fill == 0.5)
        recorder.events.release(upTo: recorder.events.level.end)
        _ = recording.end(.finished, until: .now, RecordedLines.logger().0)
        let end = recorder.events.level.end
        recording.recordHeartbeat()
        #expect(recorder.events.level.end == end)
        #expect(recorder.events.level.dropped == 0)
    }

    @Test("Disabled, nothing happens")
    func disabled() throws {
        let directory = try TemporaryDirectory()
        let (run, lines) = try run(directory, mode: .disabled)
        run.update(parameters: ["a": 1])
        run.add(tags: ["a"])
        #expect(run.finishOnSignals())
        #expect(lines.all.isEmpty && directory.contents.isEmpty)
    }
}
