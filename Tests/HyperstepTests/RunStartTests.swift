import Foundation
import HyperstepRecorder
import HyperstepWire
import Testing

@testable import Hyperstep

@Suite("Starting a run")
struct RunStartTests {
    private func offline(_ directory: TemporaryDirectory) -> Settings {
        Settings(mode: .offline, directory: directory.path)
    }

    @Test(
        "A name that cannot be stored is refused by the name of its parameter",
        arguments: ["", String(repeating: "x", count: 257), "two\nlines", "nul\u{0}"])
    func names(bad: String) throws {
        func setting(_ start: () throws -> Run) -> String? {
            #expect(throws: StartError.self) { _ = try start() }?.setting
        }
        let off = Settings(mode: .disabled)
        #expect(setting { try Run.start(project: bad, name: "n", model: "m", settings: off) } == "project")
        #expect(setting { try Run.start(project: "p", name: bad, model: "m", settings: off) } == "name")
        #expect(setting { try Run.start(project: "p", name: "n", model: bad, settings: off) } == "model")
        #expect(
            setting { try Run.start(project: "p", name: "n", model: "m", modelVersion: bad, settings: off) }
                == "modelVersion")
    }

    @Test("A directory that cannot be made is refused with the setting, the path and what to do")
    func directory() throws {
        let settings = Settings(mode: .offline, directory: "/dev/null/hyperstep")
        let error = #expect(throws: StartError.self) {
            _ = try Run.start(project: "p", name: "n", model: "m", settings: settings)
        }
        #expect(error?.setting == "directory")
        #expect(error?.description.contains("/dev/null/hyperstep") == true)
        #expect(error?.description.contains("HYPERSTEP_DIR") == true)
    }

    @Test("Ids are the ones given, or new; a model's name gives the same id each time")
    func ids() throws {
        let off = Settings(mode: .disabled)
        let id = UUID()
        let first = try Run.start(project: "p", name: "n", model: "m", id: id, settings: off)
        let second = try Run.start(project: "p", name: "n", model: "m", settings: off)
        #expect(first.id == id)
        #expect(second.id != id)
        #expect(first.modelID == second.modelID)
        #expect(first.modelID == ModelID.of(name: "m"))
    }

    @Test("A run says what it is of, and whether it records", arguments: [nil, "7"])
    func says(version: String?) throws {
        let directory = try TemporaryDirectory()
        let run = try Run.start(
            project: "p", name: "n", model: "m", modelVersion: version, settings: offline(directory))
        #expect(run.model == "m" && run.modelVersion == version && run.isRecording)
        #expect([run].first { $0.id == run.id } === run)
        run.finish(timeout: .zero)
        #expect(!run.isRecording)
        let resume = Resume.run(run.id, fromStep: 7, attempt: 2)
        #expect(resume.id == run.id && resume.fromStep == 7 && resume.attempt == 2)
        let disabled = try Run.start(
            project: "p", name: "n", model: "m", modelVersion: version, settings: Settings(mode: .disabled))
        #expect(disabled.model == "m" && disabled.modelVersion == version && !disabled.isRecording)
    }

    @Test("Disabled, a run makes no file and every call returns")
    func disabled() async throws {
        let directory = try TemporaryDirectory()
        let settings = Settings(mode: .disabled, directory: directory.path)
        let run = try Run.start(project: "p", name: "n", model: "m", settings: settings)
        for _ in 0..<1000 { run.step(loss: 1) }
        let blocking = { run.finish() }  // in a synchronous closure: the synchronous form
        #expect(blocking() == FinishReport())
        #expect(await run.finish(timeout: .zero) == FinishReport())
        run.step(loss: 2)
        #expect(directory.contents.isEmpty)
    }

    @Test("Two runs in one directory have a file each")
    func twoRuns() throws {
        let directory = try TemporaryDirectory()
        let first = try Run.start(project: "p", name: "a", model: "m", settings: offline(directory))
        let second = try Run.start(project: "p", name: "b", model: "m", settings: offline(directory))
        #expect(directory.contents.count { $0.hasSuffix(".hyperstep") } == 2)
        first.finish()
        second.finish()
    }

    @Test("The recorder says whose it is, and its first event says what the run is")
    func identityAndEvents() throws {
        let directory = try TemporaryDirectory()
        let description = try RunDescription(
            project: "digits", name: "mlp", model: "digits-mlp", modelVersion: "2", id: nil)
        let recorder = try offline(directory).resolved(environment: [:]).makeRecorder(for: description)
        let identity = try recorder.identity.withUnsafeBytes { try RecorderIdentity(decoding: $0) }
        #expect(identity == description.identity)

        let recording = Recording(runID: description.runID, recorder: recorder)
        let (logger, _) = RecordedLines.logger()
        let big = String(repeating: "v", count: 8000)
        let parameters: [String: ParameterValue] = ["a": .string(big), "b": .string(big), "rate": 0.1]
        recording.start(description, parameters: parameters, tags: ["t"], logger: logger)

        var events: [RunEvent] = []
        _ = recorder.events.read(from: 0, limit: 100) { _, payload in
            if let event = try? RunEvent(decoding: payload) { events.append(event) }
            return true
        }
        try #require(events.count == 2)
        guard case .started(let started) = events[0].event else {
            Issue.record("the first event is \(events[0].event)")
            return
        }
        #expect(started.project == "digits" && started.name == "mlp" && started.model == description.model)
        #expect(started.tags == ["t"])
        #expect(started.processID == UInt64(ProcessInfo.processInfo.processIdentifier))
        #expect(started.parametersJSON.hasPrefix(#"{"a":"vvv"#))
        guard case .changed(let json, let tags) = events[1].event else {
            Issue.record("the second event is \(events[1].event)")
            return
        }
        #expect(json.hasPrefix(#"{"b":"vvv"#) && json.hasSuffix(#","rate":0.1}"#) && tags.isEmpty)
    }
}
