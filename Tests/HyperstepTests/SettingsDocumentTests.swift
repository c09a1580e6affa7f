import Foundation
import HyperstepRecorder
import Testing

@testable import Hyperstep

@Suite("docs/sdk-settings.md")
struct SettingsDocumentTests {
    private struct Row {
        let meaning: String
        let range: String
        let standard: String
    }

    private static let root = "\(#filePath)".split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
    private let page: String
    private let rows: [String: Row]

    init() throws {
        page = try String(contentsOfFile: Self.root + "/docs/sdk-settings.md", encoding: .utf8)
        var rows: [String: Row] = [:]
        for line in page.split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.dropFirst().dropLast().components(separatedBy: "|").map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard cells.count == 5 else { continue }
            rows[cells[0].filter { $0 != "`" }] = Row(
                meaning: cells[2], range: cells[3], standard: cells[4])
        }
        self.rows = rows
    }

    @Test(
        "It has every property of Settings, and none that there is not; and so has what a description shows")
    func everyProperty() throws {
        let source = try String(
            contentsOfFile: Self.root + "/Sources/Hyperstep/Settings/Settings.swift", encoding: .utf8)
        let properties = source.components(separatedBy: "public init(")[0].components(
            separatedBy: "    public var "
        ).dropFirst().map { String($0.prefix(while: \.isLetter)) }
        #expect(properties.count > 10)
        #expect(rows.keys.sorted() == properties.sorted())
        let shown = Mirror(reflecting: Settings()).children.compactMap(\.label)
        #expect(shown == properties)
    }

    @Test("It has every variable that the code asks the environment for, and none that it does not")
    func everyVariable() throws {
        let name = /(?:HYPERSTEP|OTEL|OMPI|SLURM)_[A-Z_]+|LOCAL_RANK/
        let folder = Self.root + "/Sources/Hyperstep/"
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder).map { folder + $0 }
        var asked: Set<Substring> = []
        for file in files + [Self.root + "/Sources/HyperstepSystem/SystemPart.swift"]
        where file.hasSuffix(".swift") {
            let code = try String(contentsOfFile: file, encoding: .utf8)
            for text in code.matches(of: /"([A-Z_]+)"/) where text.1.wholeMatch(of: name) != nil {
                asked.insert(text.1)
            }
        }
        let named = Set(page.matches(of: name).map(\.output))
        #expect(asked.count > 8 && named == asked)
    }

    @Test("Its defaults are those that hold")
    func defaults() throws {
        let resolved = try Settings().resolved(environment: ["HOME": "/home/ada"])
        func grouped(_ number: Int) -> String {
            number < 1_000
                ? "\(number)" : "\(number / 1_000)," + String("\(1_000 + number % 1_000)".dropFirst())
        }
        func time(_ duration: Duration?) -> String {
            let milliseconds = duration.map { Int($0 / .milliseconds(1)) } ?? 0
            return milliseconds < 1_000 ? "\(milliseconds) ms" : "\(milliseconds / 1_000) s"
        }
        let expected = [
            "endpoint": "`\(resolved.endpoint)`", "token": resolved.token == nil ? "none" : "one",
            "mode": "`\(resolved.mode)`", "service": resolved.service.isEmpty ? "none" : resolved.service,
            "ringCapacity": grouped(resolved.ringCapacity),
            "scalarCapacity": grouped(resolved.scalarCapacity),
            "monitorCapacity": grouped(resolved.monitorCapacity),
            "seriesCapacity": grouped(resolved.seriesCapacity), "whenFull": "`.\(resolved.whenFull)`",
            "spoolLimit": "\(resolved.spoolLimit >> 30) GiB", "flushInterval": time(resolved.flushInterval),
            "windowInterval": time(resolved.windowInterval), "systemInterval": time(resolved.systemInterval),
        ]
        for (name, standard) in expected { #expect(rows[name]?.standard == standard, "\(name)") }
        let directory = resolved.directory.replacingOccurrences(of: "/home/ada", with: "~")
        #expect(rows["directory"]?.standard.contains("`\(directory)`") == true)
        #expect(Set(rows.keys) == Set(expected.keys).union(["directory"]))
    }

    @Test("Its ranges are those that are held to, at both ends")
    func ranges() throws {
        typealias Change = (inout Settings, Int) -> Void
        let numbers: [String: Change] = [
            "token": { $0.token = String(repeating: "x", count: $1) },
            "service": { $0.service = String(repeating: "x", count: $1) },
            "ringCapacity": { $0.ringCapacity = $1 }, "scalarCapacity": { $0.scalarCapacity = $1 },
            "monitorCapacity": { $0.monitorCapacity = $1 }, "seriesCapacity": { $0.seriesCapacity = $1 },
            "spoolLimit": { $0.spoolLimit = UInt64($1) },
            "flushInterval": { $0.flushInterval = .milliseconds($1) },
            "windowInterval": { $0.windowInterval = .milliseconds($1) },
            "systemInterval": { $0.systemInterval = .milliseconds($1) },
        ]
        for (name, change) in numbers {
            let range = try #require(rows[name]?.range)
            let ends = try #require(Self.ends(of: range), "\(name): \(range)")
            func isTaken(_ value: Int) -> Bool {
                var settings = Settings()
                change(&settings, value)
                return (try? settings.resolved(environment: ["HOME": "/home/ada"])) != nil
            }
            #expect(isTaken(ends.low) && !isTaken(ends.low - 1), "\(name): \(range)")
            if let high = ends.high { #expect(isTaken(high) && !isTaken(high + 1), "\(name): \(range)") }
        }
        #expect(rows["mode"]?.range == Settings.Mode.allCases.map { "`\($0)`" }.joined(separator: ", "))
    }

    /// Of "64 to 1,048,576", "1 MiB or more", "1 ms to 1 hour": bytes and milliseconds.
    private static func ends(of range: String) -> (low: Int, high: Int?)? {
        let units = ["ms": 1, "hour": 3_600_000, "MiB": 1 << 20]
        let ends = range.components(separatedBy: " to ").map { text -> Int? in
            let words = text.filter { $0 != "," }.split(separator: " ")
            return words.first.flatMap { Int($0) }.map { number in
                number * (words.dropFirst().first.flatMap { units[String($0)] } ?? 1)
            }
        }
        guard let low = ends[0] else { return nil }
        return (low, ends.count == 2 ? ends[1] : nil)
    }

    @Test("The disk that recorders reserve is what it says")
    func disk() throws {
        func bytes(_ change: (inout Settings) -> Void, _ make: (ResolvedSettings) throws -> Recorder) throws
            -> Int
        {
            let directory = try TemporaryDirectory()
            var settings = Settings(directory: directory.path)
            change(&settings)
            let recorder = try make(try settings.resolved(environment: [:]))
            defer { try? recorder.remove() }
            let files = directory.contents.filter { $0.hasSuffix(".hyperstep") }
            try #require(files.count == 1)
            let path = directory.path + "/" + files[0]
            return try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        }
        func mebibytes(_ bytes: Int) -> String {
            String(format: "%.1f MiB", Double(bytes) / Double(1 << 20))
        }
        let run = try bytes({ _ in }) { settings in
            try settings.makeRecorder(
                for: try RunDescription(project: "p", name: "n", model: "m", modelVersion: nil, id: nil))
        }
        let monitors = try bytes({ _ in }) { try $0.makeMonitorRecorder() }
        let metrics = try bytes({ _ in }) { try $0.makeSeriesRecorder(run: nil) }
        let text = page.replacingOccurrences(of: "\n", with: " ")
        let sentence =
            "of a run reserves \(mebibytes(run)) of disk when it is made, that of the monitors \(mebibytes(monitors)) and that of metrics \(mebibytes(metrics))"
        #expect(text.contains(sentence), "\(sentence)")

        let moreMonitors = try bytes({ $0.monitorCapacity = 64 }) { try $0.makeMonitorRecorder() }
        #expect(
            rows["monitorCapacity"]?.meaning.contains("\((moreMonitors - monitors) / 32 / 1_024) KiB") == true
        )
        let moreSeries = try bytes({ $0.seriesCapacity = 2_048 }) { try $0.makeSeriesRecorder(run: nil) }
        #expect(
            rows["seriesCapacity"]?.meaning.contains("\((moreSeries - metrics) / 1_024 / 1_024) KiB") == true)
    }
}
