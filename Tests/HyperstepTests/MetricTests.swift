import Foundation
import HyperstepRecorder
import Testing

@testable import Hyperstep

@Suite("A run's metrics")
struct MetricTests {
    @Test("Values arrive bit for bit, under their name, with the step that was given or recorded last")
    func values() throws {
        let recorded = try RecordedRun()
        let score = recorded.run.metric("val/top5", unit: "1")
        #expect(score.name == "val/top5" && score.unit == "1")
        let nan = Double(nan: 0x1234, signaling: false)
        score.record(0.93)
        score.record(nan, step: 100)
        recorded.run.step(7)
        score.record(-.infinity)
        score.record(-0.0, step: 3, at: Date(timeIntervalSince1970: 1_700_000_000.25))
        let records = recorded.scalars
        #expect(records.map(\.step) == [0, 100, 7, 3])
        #expect(records.map(\.value.bitPattern) == [0.93, nan, -.infinity, -0.0].map(\.bitPattern))
        #expect(records.last?.time == 1_700_000_000_250_000_000)
        #expect(
            records.first.map { abs($0.time - Int64(Date().timeIntervalSince1970 * 1e9)) < 60_000_000_000 }
                == true)
        for record in records {
            #expect(recorded.recorder.names[record.metric] == MetricName(name: "val/top5", unit: "1"))
        }
    }

    @Test("A name is one metric whoever asks, and keeps its first unit; a unit that is too long is left out")
    func names() throws {
        let recorded = try RecordedRun()
        recorded.run.metric("a", unit: "ms").record(1)
        #expect(recorded.run.metric("a", unit: "s").unit == "ms")
        recorded.run.metric("a", unit: "s").record(2)
        #expect(recorded.run.metric("b", unit: String(repeating: "u", count: 65)).unit == "")
        recorded.run.metric("b").record(3)
        let records = recorded.scalars
        try #require(records.count == 3)
        #expect(records[0].metric == records[1].metric && records[1].metric != records[2].metric)
    }

    @Test("Names that cannot be stored, or are too many, are refused, counted and said once")
    func refusals() throws {
        let recorded = try RecordedRun()
        for number in 0..<1_024 { recorded.run.metric("m\(number)").record(1) }
        for bad in ["", "nul\u{0}", String(repeating: "x", count: 257), "one more", "and one"] {
            recorded.run.metric(bad).record(1)
        }
        #expect(recorded.scalars.count == 1_024)
        #expect(recorded.recorder.scalars.level.dropped == 5)
        #expect(recorded.recorder.names.refused == 5)
        #expect(recorded.lines.all.count == 1)
        #expect(recorded.lines.all.first?.contains("1024") == true)
    }

    @Test("From several threads none is lost, and finishing says what became of them")
    func finish() throws {
        let directory = try TemporaryDirectory()
        let run = try Run.start(
            project: "p", name: "n", model: "m", settings: Settings(mode: .offline, directory: directory.path)
        )
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            let metric = run.metric("thread/\(thread % 2)")
            for step in 0..<500 { metric.record(Double(step), step: step) }
        }
        let late = run.metric("late")
        #expect(run.finish(timeout: .milliseconds(100)).scalars == FinishReport.Counts(spooled: 2_000))
        late.record(1)
        let report = run.finish(timeout: .zero)
        #expect(report.scalars == FinishReport.Counts(spooled: 2_000, dropped: 1))
        #expect(
            report.description
                == "0 committed, 0 spooled, 0 dropped; values of metrics: 0 committed, 2000 spooled, 1 dropped"
        )
    }

    @Test("Values after the end are said once, and counted")
    func late() throws {
        let directory = try TemporaryDirectory()
        let (logger, lines) = RecordedLines.logger()
        let run = try Run.start(
            project: "p", name: "n", model: "m",
            settings: Settings(mode: .offline, directory: directory.path), logger: logger)
        let metrics = [run.metric("a"), run.metric("b")]
        let finish = { run.finish(timeout: .zero) }  // the synchronous form
        _ = finish()
        #expect(lines.all.isEmpty)
        for metric in metrics { for value in 0..<3 { metric.record(Double(value)) } }
        #expect(lines.all.count { $0.contains("value was recorded after the run had finished") } == 1)
        #expect(finish().scalars.dropped == 6)
    }

    @Test("Numbers of other types are recorded as the doubles that they are")
    func otherTypes() throws {
        let recorded = try RecordedRun()
        let metric = recorded.run.metric("loss")
        let values: [Float] = [0.1, .nan, -.infinity, -0.0, .leastNonzeroMagnitude]
        for value in values { metric.record(value, step: 1) }
        metric.record(1)
        metric.record(0.5)
        #expect(
            recorded.scalars.map(\.value.bitPattern)
                == (values.map(Double.init) + [1, 0.5]).map(\.bitPattern))
    }

    @Test("Disabled, a metric records nothing")
    func disabled() throws {
        let run = try Run.start(project: "p", name: "n", model: "m", settings: Settings(mode: .disabled))
        let metric = run.metric("", unit: "1")
        metric.record(1)
        #expect(metric.unit == "1")
        let report = { run.finish() }  // in a synchronous closure: the synchronous form
        #expect(report() == FinishReport())
    }
}

extension RecordedRun {
    var scalars: [ScalarRecord] {
        var records: [ScalarRecord] = []
        _ = recorder.scalars.read(from: 0, limit: .max) { _, record in records.append(record) }
        return records
    }
}
