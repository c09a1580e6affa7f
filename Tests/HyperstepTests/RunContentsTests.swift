import HyperstepRecorder
import HyperstepWire
import Logging
import Testing

@testable import Hyperstep

@Suite("A run's parameters and tags")
struct RunContentsTests {
    /// What is recorded of a run that holds nothing yet.
    private func pieces(
        parameters: [String: ParameterValue], tags: [String], logger: Logger
    ) -> [RunContents.Piece] {
        var contents = RunContents()
        return pieces(parameters: parameters, tags: tags, &contents, logger)
    }

    /// The same of one that goes on, where there is room for each piece.
    private func pieces(
        parameters: [String: ParameterValue], surroundings: [String: ParameterValue] = [:], tags: [String],
        _ contents: inout RunContents, _ logger: Logger
    ) -> [RunContents.Piece] {
        let change = RunChange(
            parameters: parameters, surroundings: surroundings, tags: tags, contents: &contents)
        for (message, metadata) in change.warnings { logger.warning(message, metadata: metadata) }
        var pieces: [RunContents.Piece] = []
        while contents.isWaiting {
            pieces.append(contents.nextPiece)
            contents.recorded(contents.nextPiece)
        }
        return pieces
    }

    @Test("Values that wait are merged by name, and stay until they are recorded")
    func merged() {
        var contents = RunContents()
        for value in 0..<100 {
            _ = RunChange(
                parameters: ["a": .int(value), "b\(value % 2)": .int(value)], tags: ["t"], contents: &contents
            )
        }
        #expect(contents.waiting == 4)
        let piece = contents.nextPiece
        #expect(piece.parametersJSON == #"{"a":99,"b0":98,"b1":99}"# && piece.tags == ["t"])
        #expect(contents.nextPiece == piece)
        contents.recorded(piece)
        #expect(!contents.isWaiting && contents.nextPiece == RunContents.Piece())
        #expect(contents.all.tags == ["t"] && contents.all.parametersJSON == piece.parametersJSON)
    }

    @Test("Whatever a run may hold and however it is cut, its pieces fit into what is kept for the end")
    func atMost() {
        for size in [2_000, 5_000, 6_600, 6_700, 9_000, 13_000] {
            var contents = RunContents()
            let parameters = Dictionary(
                uniqueKeysWithValues: (10..<60).map {
                    ("k\($0)", ParameterValue.string(String(repeating: "v", count: size)))
                })
            let tags = (0..<64).map { "\($0)" + String(repeating: "t", count: 250) }
            let found = pieces(parameters: parameters, tags: tags, &contents, RecordedLines.logger().0)
            #expect(found.count <= 14)
            #expect(contents.all.parametersJSON.utf8.count <= WireLimits.maxJSONBytes)
        }
    }

    @Test("What a run holds adds up over its events; a parameter that is set again counts once")
    func contents() {
        let (logger, lines) = RecordedLines.logger()
        var contents = RunContents()
        let large = ParameterValue.string(String(repeating: "v", count: 12_000))
        for _ in 0..<20 {
            let found = pieces(parameters: ["a": large], tags: ["same"], &contents, logger)
            #expect(found.flatMap(\.members).count == 1)
        }
        #expect(lines.all.isEmpty)
        for name in ["b", "c", "d", "e", "f"] {
            _ = pieces(parameters: [name: large], tags: [], &contents, logger)
        }
        #expect(lines.all.count == 1 && lines.all[0].contains("f"))
        let tags = (0..<100).map { "tag \($0)" }
        let tagged = pieces(parameters: [:], tags: tags, &contents, logger)
        #expect(tagged.flatMap(\.tags) == Array(tags.prefix(63)))
        #expect(lines.all.count == 2)
    }

    @Test("Few of them are one piece")
    func one() {
        let (logger, lines) = RecordedLines.logger()
        let found = pieces(parameters: ["b": 2, "a": 1], tags: ["x"], logger: logger)
        #expect(found.count == 1)
        #expect(found[0].parametersJSON == #"{"a":1,"b":2}"#)
        #expect(found[0].tags == ["x"])
        #expect(lines.all.isEmpty)
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

        let found = pieces(parameters: parameters, tags: tags, logger: logger)

        #expect(found.count > 4)
        #expect(found.flatMap(\.tags) == tags)
        #expect(found.flatMap(\.members).count == 60)
        for piece in found {
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
        let found = pieces(
            parameters: [
                "huge": .string(String(repeating: "v", count: 20_000)), "deep": deep, "rate": 0.1,
            ], tags: ["", String(repeating: "t", count: 257), "good"], logger: logger)
        #expect(found.map(\.parametersJSON) == [#"{"rate":0.1}"#])
        #expect(found.map(\.tags) == [["good"]])
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
        let found = pieces(parameters: parameters, tags: [], logger: logger)
        #expect(found.flatMap(\.members).count == 6)
        #expect(lines.all.count == 4)
        #expect(lines.all.contains { $0.contains("key19") })
    }

    @Test("Of what does not fit, what the environment says is left out first; what the program says holds")
    func surroundings() {
        let large = ParameterValue.string(String(repeating: "v", count: 10_000))
        var contents = RunContents()
        let found = pieces(
            parameters: ["rate": 0.1, "z0": large, "z1": large, "z2": large],
            surroundings: ["a0": large, "a1": large, "a2": large, "a3": large, "rate": "other"], tags: [],
            &contents, RecordedLines.logger().0)
        let keys = found.flatMap(\.members).map { String(decoding: $0.prefix(5), as: UTF8.self) }
        #expect(keys == [#""rate"#, #""z0":"#, #""z1":"#, #""z2":"#, #""a0":"#, #""a1":"#, #""a2":"#])
        #expect(found[0].members[0] == Array(#""rate":0.1"#.utf8))
        #expect(contents.leftOut == 1)
    }
}
