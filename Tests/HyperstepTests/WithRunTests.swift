import Foundation
import HyperstepWire
import NIOConcurrencyHelpers
import Testing

@testable import Hyperstep

@Suite("withRun")
struct WithRunTests {
    private struct Broken: Error, CustomStringConvertible {
        let description = "out of memory"
    }

    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private var settings: Settings { Settings(mode: .offline, directory: directory.path) }

    private func end(of run: Run?) -> RunEvent.Event? { run?.waitingEvents.last?.event }

    @Test("A body that returns finishes the run, and its result comes back")
    func returns() async throws {
        var kept: Run?
        let result = try withRun(project: "p", name: "n", model: "m", settings: settings) { run in
            kept = run
            return 42
        }
        #expect(result == 42)
        #expect(end(of: kept) == .finished(.finished, reason: ""))
        let asynchronous = try await withRun(project: "p", name: "n", model: "m", settings: settings) {
            run in
            kept = run
            await Task.yield()
            return 43
        }
        #expect(asynchronous == 43)
        #expect(end(of: kept) == .finished(.finished, reason: ""))
    }

    @Test("A body that throws fails the run with what it threw, which comes back")
    func fails() async throws {
        var kept: Run?
        #expect(throws: Broken.self) {
            try withRun(project: "p", name: "n", model: "m", settings: settings) { run in
                kept = run
                throw Broken()
            }
        }
        #expect(end(of: kept) == .finished(.failed, reason: "out of memory"))
        await #expect(throws: Broken.self) {
            try await withRun(project: "p", name: "n", model: "m", settings: settings) { run in
                kept = run
                await Task.yield()
                throw Broken()
            }
        }
        #expect(end(of: kept) == .finished(.failed, reason: "out of memory"))
    }

    @Test("A cancelled task leaves a killed run")
    func cancelled() async throws {
        let kept = NIOLockedValueBox<Run?>(nil)
        let settings = settings
        let task = Task {
            try await withRun(project: "p", name: "n", model: "m", settings: settings) { run in
                kept.withLockedValue { $0 = run }
                try await Task.sleep(for: .seconds(3_600))
            }
        }
        while kept.withLockedValue({ $0 == nil }) { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        guard case .finished(.killed, let reason)? = end(of: kept.withLockedValue { $0 }) else {
            Issue.record("the run did not end as killed")
            return
        }
        #expect(reason.hasPrefix("cancelled"))
    }

    @Test("An end that the body chose itself holds")
    func ownEnd() throws {
        var kept: Run?
        try withRun(project: "p", name: "n", model: "m", settings: settings) { run in
            kept = run
            run.finish(.killed("early stopping"), timeout: .zero)
        }
        #expect(end(of: kept) == .finished(.killed, reason: "early stopping"))
    }
}
