import Foundation
import HyperstepRecorder
import HyperstepWire
import Testing

@testable import Hyperstep

@Suite("Resuming a run")
struct RunResumeTests {
    private let id = UUID()

    private func start(
        _ directory: TemporaryDirectory, id: UUID? = nil, resume: Resume? = nil, rank: Int? = nil,
        settings: Settings? = nil
    ) throws -> Run {
        try Run.start(
            project: "p", name: "n", model: "m", id: id, resume: resume, rank: rank,
            settings: settings ?? Settings(mode: .offline, directory: directory.path),
            logger: RecordedLines.logger().0)
    }

    @Test("Each resume is the next attempt, begins at its step, and says so in every record")
    func attempts() throws {
        let directory = try TemporaryDirectory()
        let first = try start(directory, id: id)
        #expect(first.attempt == 0 && first.rank == 0)
        for expected in 1...3 {
            let run = try start(directory, resume: .run(id, fromStep: 100 * expected))
            #expect(run.id == id && run.attempt == expected)
            run.step(loss: 1)
            run.step(loss: 1)
            #expect(run.waitingSteps == [Int64(100 * expected), Int64(100 * expected) + 1])
            let event = try #require(run.waitingEvents.first)
            #expect(event.attempt == Int16(expected) && event.rank == 0)
            guard case .started(let started) = event.event else {
                Issue.record("the first event is \(event.event)")
                continue
            }
            #expect(started.fromStep == Int64(100 * expected))
            let identity = try #require(run.recording).recorder.identity
            #expect(
                try identity.withUnsafeBytes { try RecorderIdentity(decoding: $0) }.attempt
                    == Int16(expected))
            run.finish(timeout: .zero)
        }
    }

    @Test("Many resumes at once share no attempt")
    func concurrently() throws {
        let directory = try TemporaryDirectory()
        let book = AttemptBook(directory: directory.path, variable: nil)
        let logger = RecordedLines.logger().0
        let found = UnsafeResults(count: 64)
        DispatchQueue.concurrentPerform(iterations: 64) { index in
            found[index] = (try? book.next(of: id, after: 0, logger)) ?? -1
        }
        #expect(found.all.sorted() == (1...64).map { Int16($0) })
    }

    @Test("The book follows what is known elsewhere, what was given, and survives damage")
    func book() throws {
        let directory = try TemporaryDirectory()
        let book = AttemptBook(directory: directory.path, variable: nil)
        let (logger, lines) = RecordedLines.logger()
        #expect(try book.next(of: id, after: 7, logger) == 8)
        #expect(try book.next(of: id, after: 3, logger) == 9)
        #expect(try book.note(20, of: id, logger) == 20)
        #expect(try book.note(4, of: id, logger) == 4)
        #expect(try book.next(of: id, after: 0, logger) == 21)
        #expect(try book.next(of: UUID(), after: 0, logger) == 1)
        #expect(lines.all.isEmpty)
        let file = directory.path + "/attempts/" + id.uuidString.lowercased()
        try Data("nonsense".utf8).write(to: URL(filePath: file))
        #expect(try book.next(of: id, after: 5, logger) == 6)
        #expect(lines.all.count == 1)
        let error = #expect(throws: StartError.self) { try book.next(of: id, after: .max, logger) }
        #expect(error?.setting == "attempt")
    }

    @Test(
        "What contradicts itself is refused by name",
        arguments: [
            (Resume.run(UUID(), fromStep: -1), UUID?.none, Int?.none, "fromStep"),
            (.run(UUID(), fromStep: 0, attempt: 0), nil, nil, "attempt"),
            (.run(UUID(), fromStep: 0, attempt: 32_768), nil, nil, "attempt"),
            (.run(UUID(), fromStep: 0), UUID(), nil, "resume"),
            (.run(UUID(), fromStep: 0), nil, 1, "attempt"),
            (.run(UUID(), fromStep: 0), nil, -1, "rank"),
            (.run(UUID(), fromStep: 0), nil, 32_768, "rank"),
        ])
    func refusals(resume: Resume, id: UUID?, rank: Int?, setting: String) {
        let error = #expect(throws: StartError.self) {
            _ = try Run.start(
                project: "p", name: "n", model: "m", id: id, resume: resume, rank: rank,
                settings: Settings(mode: .disabled))
        }
        #expect(error?.setting == setting)
    }

    @Test("A rank comes from the caller, else from the environment, and needs what the ranks share")
    func ranks() throws {
        func rank(_ given: Int?, _ variable: String?, id: UUID? = UUID()) throws -> Int16 {
            let environment = variable.map { ["HYPERSTEP_RANK": $0, "RANK": "9"] } ?? [:]
            return try LifeRequest(id: id, resume: nil, rank: given, environment: environment).rank
        }
        #expect(try rank(nil, nil) == 0)
        #expect(try rank(nil, "3") == 3)
        #expect(try rank(2, "3") == 2)
        #expect(try rank(nil, "") == 0)
        #expect(try rank(0, nil, id: nil) == 0)
        let error = #expect(throws: StartError.self) { try rank(nil, "three") }
        #expect(error?.setting == "rank" && error?.variable == "HYPERSTEP_RANK")
        #expect(#expect(throws: StartError.self) { try rank(1, nil, id: nil) }?.setting == "id")
    }

    @Test("Without a collector the attempt follows this machine's, with one warning, in bounded time")
    func noCollector() throws {
        let directory = try TemporaryDirectory()
        let (logger, lines) = RecordedLines.logger()
        let run = try Run.start(
            project: "p", name: "n", model: "m", resume: .run(id, fromStep: 5),
            settings: Settings(endpoint: "http://127.0.0.1:1", directory: directory.path), logger: logger)
        #expect(run.attempt == 1)
        #expect(lines.all.count { $0.contains("which attempt was the last") } == 1)
        run.finish(timeout: .zero)
    }
}

/// Results that threads write side by side, each to a place of its own.
private final class UnsafeResults: @unchecked Sendable {
    private let memory: UnsafeMutableBufferPointer<Int16>
    init(count: Int) {
        memory = .allocate(capacity: count)
        memory.initialize(repeating: 0)
    }
    deinit { memory.deallocate() }
    var all: [Int16] { Array(memory) }
    subscript(index: Int) -> Int16 {
        get { memory[index] }
        set { memory[index] = newValue }
    }
}
