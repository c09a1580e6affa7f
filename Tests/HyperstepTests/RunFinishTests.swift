import Foundation
import HyperstepTestKit
import Testing

@testable import Hyperstep

@Suite("Finishing a run")
struct RunFinishTests {
    /// A port that nobody listens on: 1 is reserved, and an ordinary program cannot take it.
    private let nobody = "http://127.0.0.1:1"

    private func run(_ settings: Settings) throws -> (Run, RecordedLines.Lines) {
        let (logger, lines) = RecordedLines.logger()
        return (
            try Run.start(
                project: "p", name: "n", model: "m", parameters: ["rate": 0.1], settings: settings,
                logger: logger), lines
        )
    }

    @Test("Offline, every step is reported as spooled, and waits in the directory")
    func offline() throws {
        let directory = try TemporaryDirectory()
        let (run, lines) = try run(Settings(mode: .offline, directory: directory.path))
        for _ in 0..<1000 { run.step(loss: 1) }
        let report = run.finish(timeout: .milliseconds(100))
        #expect(report == FinishReport(spooled: 1000, isEndKnown: false))
        #expect(report.description == "0 committed, 1000 spooled, 0 dropped")
        #expect(!directory.contents.isEmpty)
        #expect(lines.all.isEmpty, "nothing of it is a surprise")
    }

    @Test("Without a collector every step is spooled, asynchronously as well, and steps after it are dropped")
    func noCollector() async throws {
        let directory = try TemporaryDirectory()
        let (run, lines) = try run(Settings(endpoint: nobody, directory: directory.path))
        for _ in 0..<1000 { run.step(loss: 1) }
        #expect(
            await run.finish(timeout: .milliseconds(100)) == FinishReport(spooled: 1000, isEndKnown: false))
        run.step(loss: 2)
        run.step(loss: 3)
        #expect(
            await run.finish(timeout: .zero) == FinishReport(spooled: 1000, dropped: 2, isEndKnown: false))
        #expect(lines.all.count { $0.contains("after the run had finished") } == 1)
    }

    @Test(
        "What a thread recorded before it saw that the run has not finished is there, whenever another ends it"
    )
    func isFinished() async throws {
        let directory = try TemporaryDirectory()
        for _ in 0..<50 {
            var settings = Settings(mode: .offline, directory: directory.path)
            settings.whenFull = .wait
            let (run, _) = try run(settings)
            #expect(!run.isFinished)
            let steps = Task.detached {
                var kept = 0
                for step in 1...5_000_000 {
                    run.step(loss: 1)
                    if run.isFinished { break }
                    kept = step
                    // The other's turn, at a step that differs each time.
                    if step > 100 { await Task.yield() }
                }
                return kept
            }
            await Task.yield()
            let report: FinishReport = await run.finish(timeout: .milliseconds(1))
            #expect(run.isFinished)
            let kept = UInt64(await steps.value)
            #expect(report.spooled >= kept)
        }
    }

    @Test("A report is complete where nothing waits, was dropped, rejected or refused, of any kind of record")
    func isComplete() {
        let whole = FinishReport(
            committed: 3, scalars: FinishReport.Counts(committed: 2),
            experiments: FinishReport.Counts(committed: 1))
        #expect(whole.isComplete && FinishReport().isComplete)
        let kinds: [WritableKeyPath<FinishReport, FinishReport.Counts>] = [\.scalars, \.experiments]
        let counts: [WritableKeyPath<FinishReport.Counts, UInt64>] = [\.spooled, \.dropped, \.rejected]
        let ofKinds = kinds.flatMap { kind in counts.map { kind.appending(path: $0) } }
        for count in ofKinds + [\.spooled, \.dropped, \.rejected, \.refusedNames] {
            var report = whole
            report[keyPath: count] = .max
            #expect(!report.isComplete)
        }
    }

    @Test("A run whose end alone is not in the database is not complete, and says so")
    func endNotKnown() async throws {
        try await withTestCollector { collector in
            collector.isAvailable = false
            let run = try Run.start(project: "p", name: "n", model: "m", settings: collector.settings)
            let report = await run.finish(timeout: .milliseconds(50))
            #expect(report == FinishReport(isEndKnown: false) && !report.isComplete)
            #expect("\(report)".hasSuffix("; how the run ended is not in the database"))
            collector.isAvailable = true
            let later = await run.finish(timeout: .seconds(60))
            #expect(later == FinishReport() && later.isComplete)
        }
    }

    @Test("More steps than the recorder holds are dropped or spooled, and none is unaccounted for")
    func overflow() throws {
        let directory = try TemporaryDirectory()
        var settings = Settings(mode: .offline, directory: directory.path)
        settings.ringCapacity = 64
        let (run, _) = try run(settings)
        for _ in 0..<100_000 { run.step(loss: 1) }
        let report = run.finish(timeout: .milliseconds(100))
        #expect(report.spooled + report.dropped == 100_000)
        #expect(report.spooled >= 64)
    }

    @Test("A program that asks to wait loses nothing, however small the recorder")
    func waiting() throws {
        let directory = try TemporaryDirectory()
        var settings = Settings(mode: .offline, directory: directory.path)
        settings.ringCapacity = 64
        settings.whenFull = .wait
        let (run, _) = try run(settings)
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for batch in 0..<250 { run.step(epoch: thread, batch: batch) }
        }
        #expect(run.finish(timeout: .milliseconds(100)) == FinishReport(spooled: 1000, isEndKnown: false))
    }
}
