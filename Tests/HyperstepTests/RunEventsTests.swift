import HyperstepRecorder
import HyperstepWire
import Testing

@testable import Hyperstep

@Suite("A run's parameters and tags")
struct RunEventsTests {
    @Test("Few of them are one piece")
    func one() {
        let (logger, lines) = RecordedLines.logger()
        let events = RunEvents(parameters: ["b": 2, "a": 1], tags: ["x"], logger: logger)
        #expect(events.pieces.count == 1)
        #expect(events.pieces[0].parametersJSON == #"{"a":1,"b":2}"#)
        #expect(events.pieces[0].tags == ["x"])
        #expect(lines.all.isEmpty)
    }

    @Test("None of them are one empty piece")
    func none() {
        let events = RunEvents(parameters: [:], tags: [], logger: RecordedLines.logger().0)
        #expect(events.pieces == [RunEvents.Piece()])
        #expect(events.pieces[0].parametersJSON == "{}")
    }

    @Test("Many of them are several pieces, each within an event's size, and none is lost")
    func many() throws {
        let (logger, lines) = RecordedLines.logger()
        let parameters = Dictionary(
            uniqueKeysWithValues: (0..<60).map {
                ("key\($0)", ParameterValue.string(String(repeating: "v", count: 1000)))
            })
        let tags = (0..<64).map { "\($0)" + String(repeating: "t", count: 250) }
        let run = try RunDescription(
            project: String(repeating: "p", count: 256), name: String(repeating: "n", count: 256),
            model: String(repeating: "m", count: 256), modelVersion: String(repeating: "v", count: 256),
            id: nil)

        let events = RunEvents(parameters: parameters, tags: tags, logger: logger)

        #expect(events.pieces.count > 4)
        #expect(events.pieces.flatMap(\.tags) == tags)
        #expect(events.pieces.flatMap(\.members).count == 60)
        for piece in events.pieces {
            let event = run.started(parametersJSON: piece.parametersJSON, tags: piece.tags)
            let bytes = RunEvent(time: .max, runID: run.runID, event: event).encoded()
            #expect(bytes.count <= EventRing.maximumPayload)
        }
        #expect(lines.all.isEmpty)
    }

    @Test("What is too large or too deep is left out with a warning that names it, and the rest stays")
    func refused() {
        let (logger, lines) = RecordedLines.logger()
        let deep = (0..<100).reduce(ParameterValue.null) { value, _ in [value] }
        let events = RunEvents(
            parameters: [
                "huge": .string(String(repeating: "v", count: 20_000)), "deep": deep, "rate": 0.1,
            ], tags: ["", String(repeating: "t", count: 257), "good"], logger: logger)
        #expect(events.pieces.map(\.parametersJSON) == [#"{"rate":0.1}"#])
        #expect(events.pieces.map(\.tags) == [["good"]])
        #expect(lines.all.count == 4)
        #expect(lines.all.contains { $0.contains("huge") })
        #expect(lines.all.contains { $0.contains("deep") })
    }

    @Test("Beyond 64 KiB in all, parameters are left out by name")
    func tooMuchInAll() {
        let (logger, lines) = RecordedLines.logger()
        let parameters = Dictionary(
            uniqueKeysWithValues: (10..<20).map {
                ("key\($0)", ParameterValue.string(String(repeating: "v", count: 10_000)))
            })
        let events = RunEvents(parameters: parameters, tags: [], logger: logger)
        #expect(events.pieces.flatMap(\.members).count == 6)
        #expect(lines.all.count == 4)
        #expect(lines.all.contains { $0.contains("key19") })
    }
}
