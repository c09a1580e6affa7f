import Foundation
import HyperstepPolicies
import Testing

@Suite("The policy file")
struct PolicyFileTests {
    private func errors(_ yaml: String) -> [PolicyError] {
        do throws(PolicyErrors) {
            _ = try PolicyFile.parse(yaml, name: "policies.yaml")
            return []
        } catch {
            return error.errors
        }
    }

    @Test(
        "A file that declares nothing declares what is standard",
        arguments: [
            "", "\n", "# nothing\n", "---\n", "~\n", "hypertables:\n", "hypertables:\naggregates:\n", "{}\n",
            "hypertables:\n  experiments:\n", "\u{FEFF}# with a byte order mark\n",
            "aggregates:\r\n  training_metrics_hourly:\r\n    bucket: 1 hour\r\n",
        ])
    func empty(yaml: String) throws {
        #expect(try PolicyFile.parse(yaml) == .standard)
    }

    @Test("Each key of a file is taken over")
    func full() throws {
        let yaml = """
            hypertables:
              training_metrics:
                chunk_interval: 2 hours
                compress_after: 1 week
                segment_by: [run_id]
                order_by: [model_id, step asc, "time desc"]
                retention: 90 days
              model_performance:
                chunk_interval: auto
                compress_after: never
            aggregates:
              training_metrics_hourly:
                bucket: 2 hours
                refresh_start: 30 days
                refresh_end: 1 hour
                refresh_every: 15 minutes
                real_time: false
                compress_after: 40 days
                retention: 365 days
              run_metrics_hourly: {compress_after: never, retention: never}
            """
        let set = try PolicyFile.parse(yaml)
        #expect(
            set[.trainingMetrics]
                == HypertablePolicy(
                    chunkInterval: .fixed(.hours(2)), compressAfter: .days(7), segmentBy: ["run_id"],
                    orderBy: [
                        OrderColumn("model_id"), OrderColumn("step"), OrderColumn("time", descending: true),
                    ],
                    retention: .days(90)))
        #expect(
            set[.trainingMetricsHourly]
                == AggregatePolicy(
                    bucket: .hours(2), refreshStart: .days(30), refreshEnd: .hours(1),
                    refreshEvery: .minutes(15), isRealTime: false, compressAfter: .days(40),
                    retention: .days(365)))
        #expect(set[.modelPerformance].compressAfter == nil)
        #expect(set[.runMetricsHourly].compressAfter == nil)
        #expect(set[.experiments] == PolicySet.standard[.experiments])
    }

    @Test("Policies written as a file are read back the same")
    func roundTrip() throws {
        #expect(try PolicyFile.parse(PolicySet.standard.yaml) == .standard)
        var set = PolicySet.standard
        set.hypertables[.runMetrics]?.retention = .days(60)
        set.hypertables[.experiments]?.orderBy = [
            OrderColumn("status"), OrderColumn("time", descending: true),
        ]
        set.hypertables[.systemMetrics]?.segmentBy = []
        set.aggregates[.runMetricsHourly]?.refreshStart = .days(59)
        set.aggregates[.modelMonitoringSummary]?.isRealTime = false
        #expect(try PolicyFile.parse(set.yaml) == set)
    }

    @Test("Without a refresh start it is the longest in whole buckets that is inside each retention")
    func refreshStart() throws {
        var set = try PolicyFile.parse(
            "hypertables: {training_metrics: {retention: 90 days, compress_after: 2 days}}")
        #expect(set[.trainingMetricsMinutely].refreshStart?.description == "129599 minutes")
        #expect(set[.trainingMetricsHourly].refreshStart == .hours(90 * 24 - 1))
        #expect(set[.runMetricsHourly].refreshStart == nil)
        set = try PolicyFile.parse(
            """
            hypertables: {training_metrics: {retention: 90 days}}
            aggregates: {training_metrics_minutely: {retention: 10 days}}
            """)
        #expect(set[.trainingMetricsMinutely].refreshStart == .minutes(10 * 1440 - 1))
        #expect(set[.trainingMetricsHourly].refreshStart == .hours(10 * 24 - 1))
        set = try PolicyFile.parse("aggregates: {run_metrics_hourly: {bucket: 7 days, retention: 100 days}}")
        #expect(set[.runMetricsHourly].refreshStart == .days(91))
    }

    @Test("All problems are reported, by line, with file, key and reason")
    func allProblems() {
        let found = errors(
            """
            aggregates:
              training_metrics_hourly:
                refresh_every: 1 second
                bukket: 1 hour
            hypertables:
              training_metrics:
                retention: 30 minutes
                segment_by: model_id
              experiment:
            agregates:
            """)
        #expect(
            found.map { "\($0.line ?? 0) \($0.key)" } == [
                "3 aggregates.training_metrics_hourly.refresh_every",
                "4 aggregates.training_metrics_hourly.bukket",
                "7 hypertables.training_metrics.retention",
                "7 hypertables.training_metrics.retention",
                "7 hypertables.training_metrics.retention",
                "7 hypertables.training_metrics.retention",
                "8 hypertables.training_metrics.segment_by",
                "9 hypertables.experiment",
                "10 agregates",
            ])
        #expect(
            found.first?.description
                == """
                policies.yaml:3: aggregates.training_metrics_hourly.refresh_every: \
                expected 10 seconds to 1 day, got 1 second
                """)
    }

    @Test("Keys that are given twice are all reported, with where they were given before")
    func repeatedKeys() {
        let found = errors(
            """
            hypertables:
              experiments:
                retention: never
                "retention": 90 days
                retention: 80 days
              experiments:
                order_by: [time]
            aggregates:
              run_metrics_hourly: {bucket: 1 hour, real_time: true, bucket: 2 hours}
            """)
        #expect(
            found.map { "\($0.line ?? 0) \($0.key): \($0.reason)" } == [
                "6 hypertables.experiments: given already in line 2: keep one of them",
                "9 aggregates.run_metrics_hourly.bucket: given already in line 9: keep one of them",
            ])
        let thrice = errors(
            "hypertables:\n experiments:\n  retention: never\n  \"retention\": never\n  retention: never\n")
        #expect(thrice.map(\.reason) == ["given already in line 3 and line 4: keep one of them"])
        #expect(thrice.map(\.key) == ["hypertables.experiments.retention"])
    }

    @Test(
        "What is no YAML of one document is refused with its line",
        arguments: [
            ("hypertables:\n\texperiments:\n", 2, "a tab cannot indent"),
            (
                "hypertables:\n  experiments:\n  \tretention: never\n    chunk_interval: 1 day\n", 3,
                "a tab cannot"
            ),
            ("hypertables: [\n", 2, "expected YAML"),
            ("hypertables:\n  experiments: never: never\n", 2, "expected YAML"),
            ("hypertables:\n---\naggregates:\n", 2, "expected one document"),
            ("hypertables:\n  experiments: *there\n", 2, "undefined alias"),
            ("hypertables:\n\n  \u{7}\n", 3, "expected YAML"),
            (
                "# \(String(repeating: "x", count: 1000))\n\(String(repeating: "- ", count: 200))", 2,
                "256 bytes"
            ),
            (String(repeating: "[\n", count: 300), 257, "brackets"),
            (String(repeating: "? *a\n", count: 33), 33, "anchors and aliases"),
        ])
    func noYAML(yaml: String, line: Int, reason: String) {
        let found = errors(yaml)
        #expect(found.count == 1)
        #expect(found.first?.line == line, "\(found)")
        #expect(found.first?.reason.contains(reason) == true, "\(found)")
    }

    @Test("Aliases that would multiply without end cost nothing")
    func aliasBomb() {
        var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<30 { yaml += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        yaml += "*a29 : never\n"
        #expect(!errors(yaml).isEmpty)
        let wide = (1..<16).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }.joined()
        #expect(!errors("a0: &a0 x\n" + wide + "*a15 : 1\n").isEmpty)
    }

    @Test("A file that is nested as deep as it may be is refused like any other")
    func deep() {
        var yaml = ""
        for depth in 0..<250 { yaml += String(repeating: " ", count: depth) + "a:\n" }
        #expect(errors(yaml).map(\.key) == ["a"])
        #expect(errors(String(repeating: "- ", count: 128)).count == 1)
        #expect(errors(String(repeating: "[", count: 256)).count == 1)
    }

    @Test("What is larger than 1 MiB, or no UTF-8, or cannot be read, is refused by its path")
    func badFiles() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("hyperstep-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let large = folder.appendingPathComponent("large.yaml")
        try Data(repeating: UInt8(ascii: "\n"), count: PolicyFile.maximumBytes + 1).write(to: large)
        let latin = folder.appendingPathComponent("latin.yaml")
        try Data([0x23, 0xE9, 0x0A]).write(to: latin)
        let fits = folder.appendingPathComponent("fits.yaml")
        try Data(repeating: UInt8(ascii: "\n"), count: PolicyFile.maximumBytes).write(to: fits)
        for (path, reason) in [
            (large.path, "at most 1048576 bytes"), (latin.path, "UTF-8"), (folder.path, "cannot be read: "),
            (folder.path + "/none.yaml", "cannot be read: No such file"),
        ] {
            let error = #expect(throws: PolicyErrors.self) { try PolicyFile.read(path) }
            #expect(error?.errors.first?.file == path)
            #expect(error?.errors.first?.reason.contains(reason) == true)
        }
        #expect(try PolicyFile.read(fits.path) == .standard)
    }

    @Test("Of very many problems the first hundred are reported, and how many more there are")
    func manyProblems() throws {
        let yaml = (0..<5_000).map { "key\($0): 1\n" }.joined()
        let error = try #require(throws: PolicyErrors.self) { try PolicyFile.parse(yaml) }
        #expect(error.errors.count == PolicyErrors.limit)
        #expect(error.omitted == 4_900)
        #expect(error.errors.last?.line == 100)
        #expect(error.description.hasSuffix("\nand 4900 more"))
    }

    @Test("Text from the file is shown on one line and shortened")
    func shownText() {
        let found = errors("\"a\\n\\eb\(String(repeating: "x", count: 100))\": 1\n")
        #expect(found.first?.key.count == 61)
        #expect(found.first?.key.hasPrefix("a  bxxx") == true)
    }

    @Test("Any text at all is either read or refused")
    func anyText() {
        var state: UInt64 = 3
        func random(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        let words = [
            "hypertables", "experiments", ":", ": ", "\n", "\n  ", "\n    ", "[", "]", "{", "}", "&a", "*a",
            "- ",
            "retention", "1 day", "never", "\"", "'", "|", ">", "#", "---", "?", "!!int ", ",", "\t", "<<",
            "%",
        ]
        for _ in 0..<3_000 {
            let text = (0...random(25)).map { _ in words[random(words.count)] }.joined()
            do throws(PolicyErrors) {
                _ = try PolicyFile.parse(text)
            } catch {
                #expect(!error.errors.isEmpty && error.errors.allSatisfy { !$0.reason.isEmpty }, "\(text)")
            }
        }
    }
}
