import Foundation
import HyperstepRecorder
import HyperstepWire
import Testing

@testable import Hyperstep

/// A run whose recorder nobody drains, so that a test sees what was recorded.
struct RecordedRun {
    let directory: TemporaryDirectory
    let recorder: Recorder
    let run: Run
    let lines: RecordedLines.Lines

    init(capacity: Int = 1024) throws {
        directory = try TemporaryDirectory()
        var settings = Settings(mode: .offline, directory: directory.path)
        settings.ringCapacity = capacity
        let description = try RunDescription(
            project: "p", name: "n", model: "m", modelVersion: nil, id: nil)
        recorder = try settings.resolved(environment: [:]).makeRecorder(for: description)
        let (logger, lines) = RecordedLines.logger()
        self.lines = lines
        run = Run(
            description, recording: Recording(runID: description.runID, recorder: recorder), shipment: nil,
            mode: .offline, logger: logger)
    }

    var records: [StepRecord] {
        var records: [StepRecord] = []
        _ = recorder.steps.read(from: 0, limit: .max) { _, record in records.append(record) }
        return records
    }
}

@Suite("A step")
struct StepTests {
    @Test("Every column arrives bit for bit")
    func columns() throws {
        let recorded = try RecordedRun()
        let nan = Double(nan: 0x1234, signaling: false)
        recorded.run.step(
            7, epoch: 2, batch: 3, loss: nan, accuracy: -0.0, precision: .infinity, recall: -.infinity,
            f1Score: .leastNonzeroMagnitude, learningRate: .greatestFiniteMagnitude, gradientNorm: 1,
            stepTimeMs: 2)
        let record = try #require(recorded.records.first)
        #expect(record.step == 7 && record.epoch == 2 && record.batch == 3)
        #expect(record.present == .all)
        let expected = [
            nan, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1, 2,
        ]
        #expect((0..<8).map { record.value(column: $0).bitPattern } == expected.map(\.bitPattern))
    }

    @Test("Each column that is left out is absent, whichever it is", arguments: 0..<256)
    func presence(columns: Int) throws {
        func value(_ column: Int) -> Double? { columns >> column & 1 == 1 ? Double(column) : nil }
        let recorded = try RecordedRun()
        recorded.run.step(
            loss: value(0), accuracy: value(1), precision: value(2), recall: value(3), f1Score: value(4),
            learningRate: value(5), gradientNorm: value(6), stepTimeMs: value(7))
        let record = try #require(recorded.records.first)
        #expect(Int(record.present.rawValue) == columns)
        for column in 0..<8 where columns >> column & 1 == 1 {
            #expect(record.value(column: column) == Double(column))
        }
    }

    @Test("The global step is counted, and goes on after one that was given")
    func globalStep() throws {
        let recorded = try RecordedRun()
        recorded.run.step()
        recorded.run.step()
        recorded.run.step(100)
        recorded.run.step()
        recorded.run.step(50)
        recorded.run.step()
        #expect(recorded.records.map(\.step) == [0, 1, 100, 101, 50, 51])
    }

    @Test("Step time is absent first, then measured between calls, unless given")
    func stepTime() throws {
        let recorded = try RecordedRun()
        recorded.run.step()
        recorded.run.step()
        recorded.run.step(stepTimeMs: -3)
        recorded.run.step(at: Date())
        recorded.run.step()
        let records = recorded.records
        #expect(records.map { $0.present.contains(.stepTimeMs) } == [false, true, true, false, true])
        #expect(records[1].stepTimeMs >= 0)
        #expect(records[2].stepTimeMs == -3)
        // Both are of the same clock: the times of two rows are as far apart as the second's step time says.
        let apart = Double(records[1].time - records[0].time) / 1_000_000
        #expect(abs(apart - records[1].stepTimeMs) < 0.001)
        // What a database would have to keep, and nobody reads, is not there.
        #expect(records[1].stepTimeMs == Double(Float(records[1].stepTimeMs)))
    }

    @Test("A step's time is now, and rows of one thread are in order")
    func time() throws {
        let recorded = try RecordedRun()
        let before = Date().timeIntervalSince1970
        for _ in 0..<1000 { recorded.run.step() }
        let after = Date().timeIntervalSince1970
        let times = recorded.records.map(\.time)
        #expect(times == times.sorted())
        // The offset between the clocks is followed to a millisecond.
        #expect(Double(times[0]) / 1e9 > before - 0.01 && Double(times[999]) / 1e9 < after + 0.01)
    }

    @Test("A date that is given is kept to the microsecond, and any date is taken")
    func dates() throws {
        let recorded = try RecordedRun()
        let dates: [(Double, Int64)] = [
            (0, 0), (1_700_000_000.123456, 1_700_000_000_123_456_000), (-1, 0), (.nan, 0), (-.infinity, 0),
            (.infinity, 9_223_372_036_000_000_000), (1e300, 9_223_372_036_000_000_000),
            (9_223_372_036.854775, 9_223_372_036_000_000_000),
            (4_102_444_800.000001, 4_102_444_800_000_001_000),
        ]
        for (seconds, _) in dates { recorded.run.step(at: Date(timeIntervalSince1970: seconds)) }
        #expect(recorded.records.map(\.time) == dates.map(\.1))
    }

    @Test("No argument traps, and epoch and batch are the nearest that fits")
    func extremes() throws {
        let recorded = try RecordedRun(capacity: 16_384)
        let whole: [Int?] = [nil, .min, .max, 0, -1, Int(Int32.max) + 1, Int(Int32.min) - 1]
        let numbers: [Double?] = [nil, .nan, .infinity, -.infinity, -0.0, .greatestFiniteMagnitude]
        var calls = 0
        for step in whole {
            for epoch in whole {
                for (index, number) in numbers.enumerated() {
                    let other = numbers[(index + 1) % numbers.count]
                    recorded.run.step(
                        step, epoch: epoch, batch: epoch, loss: number, accuracy: other, precision: number,
                        recall: other, f1Score: number, learningRate: other, gradientNorm: number,
                        stepTimeMs: other)
                    recorded.run.step(loss: number)
                    calls += 2
                }
            }
        }
        let records = recorded.records
        #expect(records.count == calls)
        #expect(records.contains { $0.epoch == .max && $0.batch == .max })
        #expect(records.contains { $0.epoch == .min && $0.batch == .min })
        #expect(records.contains { $0.step == .max })
        #expect(records.contains { $0.step == .min })
    }

    @Test("Steps of eight threads are all there, each with a global step of its own")
    func threads() throws {
        let perThread = 20_000
        let recorded = try RecordedRun(capacity: 1 << 18)
        let run = recorded.run
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for batch in 0..<perThread { run.step(epoch: thread, batch: batch, loss: Double(batch)) }
        }
        let records = recorded.records
        #expect(records.count == 8 * perThread)
        #expect(Set(records.map(\.step)) == Set(0..<Int64(8 * perThread)))
        for thread in 0..<8 {
            let batches = records.filter { $0.epoch == Int32(thread) }.map(\.batch)
            #expect(batches == Array(0..<Int32(perThread)))
        }
        #expect(records.allSatisfy { $0.loss == Double($0.batch) })
    }

    @Test("A full recorder drops the newest and counts it, and the call returns")
    func full() throws {
        let recorded = try RecordedRun(capacity: 64)
        for step in 0..<100 { recorded.run.step(step) }
        #expect(recorded.records.map(\.step) == Array(0..<64))
        #expect(recorded.recorder.steps.level.dropped == 36)
        #expect(recorded.lines.all.isEmpty, "a full recorder is the shipper's to report")
    }

    @Test("After finish a step is dropped, counted, and said once")
    func late() throws {
        let recorded = try RecordedRun()
        recorded.run.step(loss: 1)
        recorded.run.finish()
        for _ in 0..<10 { recorded.run.step(loss: 2) }
        #expect(recorded.records.count == 1)
        #expect(recorded.recorder.steps.level.dropped == 10)
        #expect(recorded.lines.all.count { $0.contains("after the run had finished") } == 1)
    }

    @Test("Finishing twice, from several threads, records the end once")
    func finishTwice() throws {
        let recorded = try RecordedRun()
        let run = recorded.run
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            _ = run.finish(.failed("loss is NaN \(thread)\u{0}"), timeout: .seconds(Int64.min))
        }
        run.finish(timeout: .seconds(Int64.max))
        var events: [RunEvent.Event] = []
        _ = recorded.recorder.events.read(from: 0, limit: 10) { _, payload in
            if let event = try? RunEvent(decoding: payload) { events.append(event.event) }
            return true
        }
        try #require(events.count == 1)
        guard case .finished(.failed, let reason) = events[0] else {
            Issue.record("the event is \(events[0])")
            return
        }
        #expect(reason.hasPrefix("loss is NaN") && !reason.contains("\u{0}"))
    }

    @Test("A reason is cut between characters", arguments: ["é", "a", "模", "👩‍🚀"])
    func reasons(character: String) {
        let cut = String(repeating: character, count: 5000).truncated(toBytes: 4096)
        #expect(cut.utf8.count <= 4096 && cut.utf8.count > 4092)
        #expect(!cut.unicodeScalars.contains("\u{FFFD}"))
    }
}
