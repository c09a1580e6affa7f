import Foundation

/// A program of another maker, run against ours.
struct Tool {
    let path: String

    /// The tool, where it is installed.
    static func find(_ name: String) -> Tool? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(
            String.init)
        for folder in folders + ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin"] {
            let path = "\(folder)/\(name)"
            if FileManager.default.isExecutableFile(atPath: path) { return Tool(path: path) }
        }
        return nil
    }

    /// Starts it; output goes to the file, or nowhere.
    func start(_ arguments: [String], output: URL? = nil) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        if let output { try Data().write(to: output) }
        let handle = try output.map { try FileHandle(forWritingTo: $0) } ?? .nullDevice
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// Runs it to its end, at most two minutes, and returns its exit status and what it printed.
    func run(_ arguments: [String]) async throws -> (status: Int32, output: String) {
        let output = try Scratch()
        let file = output.url.appendingPathComponent("output")
        let process = try start(arguments, output: file)
        for _ in 0..<12_000 where process.isRunning { try await Task.sleep(for: .milliseconds(10)) }
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        return (process.terminationStatus, try String(contentsOf: file, encoding: .utf8))
    }
}

/// A folder of its own, removed with the object.
final class Scratch: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory
            .appendingPathComponent("hyperstep-http2-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ bytes: [UInt8], to name: String) throws -> String {
        let file = url.appendingPathComponent(name)
        try Data(bytes).write(to: file)
        return file.path
    }
}
