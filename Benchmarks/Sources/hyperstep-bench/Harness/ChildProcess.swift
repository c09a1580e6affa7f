import Foundation

/// A part of a benchmark in a process of its own: this program again, asked by a line on standard input and answering by
/// a line on standard output. It ends when its standard input does, so that it never outlives this one.
final class ChildProcess {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var buffer: [UInt8] = []

    /// - Parameters:
    ///   - quiet: what it says on standard error is not shown: warnings that are what the benchmark is about.
    init(_ part: ChildPart, _ arguments: [String], quiet: Bool = false) throws {
        process.executableURL = Bundle.main.executableURL
        process.arguments = [ChildPart.flag, part.name] + arguments
        // Of this environment nothing may change the settings that are measured.
        process.environment = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("HYPERSTEP_") && !$0.key.hasPrefix("OTEL_")
        }
        process.standardInput = input
        process.standardOutput = output
        if quiet { process.standardError = FileHandle.nullDevice }
        try process.run()
    }

    /// Where an error left it: it may be halted.
    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    /// Asks, and waits for the answer.
    func ask(_ question: String) throws -> String {
        try send(question)
        return try line()
    }

    /// Asks; ``line()`` is the answer.
    func send(_ question: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data((question + "\n").utf8))
    }

    /// The next line that it says.
    func line() throws -> String {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeSubrange(...end)
                guard !line.hasPrefix(ChildPart.failure) else { throw BenchError(description: line) }
                return line
            }
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else {
                throw BenchError(description: "a child process ended without an answer")
            }
            buffer += more
        }
    }

    /// Has it end, and waits for that.
    func end() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Takes every processor from it until ``go()``.
    func halt() { kill(process.processIdentifier, SIGSTOP) }
    func go() { kill(process.processIdentifier, SIGCONT) }
}

/// What a child process does.
struct ChildPart: Sendable {
    static let flag = "--child"
    static let failure = "failed: "
    static let all: [ChildPart] = [.latencies, .footprint, .training, .badCollector]

    let name: String
    /// With the arguments after its name.
    let run: @Sendable ([String]) throws -> Void

    /// Does it where this process is a child, and ends.
    static func runIfAsked(_ arguments: [String]) {
        guard arguments.first == flag, arguments.count > 1,
            let part = all.first(where: { $0.name == arguments[1] })
        else { return }
        do {
            try part.run(Array(arguments.dropFirst(2)))
            exit(0)
        } catch {
            writeLine(failure + "\(part.name): \(error)", to: STDOUT_FILENO)
            exit(1)
        }
    }
}

/// Why there is nothing to report.
struct BenchError: Error, CustomStringConvertible {
    let description: String
}

/// Runs `body` with an empty directory of its own, which is removed afterwards.
func withBenchDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(path: "hyperstep-bench-\(UUID())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try body(directory.path)
}
