import Foundation
import Synchronization

/// A program of this package in a process of its own, which is killed when the test lets go of it.
final class ChildProcess: Sendable {
    private let process: Mutex<Process>
    private let output = Output()
    private let outputEnd = DispatchSemaphore(value: 0)
    /// Where its standard error goes.
    let log: String

    /// Starts `program`, which lies beside the tests.
    init(
        _ program: String, _ arguments: [String], environment: [String: String] = [:],
        input: FileHandle = .nullDevice, log: String
    ) throws {
        self.log = log
        let process = Process()
        process.executableURL = Self.folder.appending(path: program)
        process.arguments = arguments
        // Nothing of the developer's own settings leaks into a test.
        process.environment = ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("HYPERSTEP_") }.merging(environment) { $1 }
        try Data().write(to: URL(filePath: log))
        let logFile = try FileHandle(forWritingTo: URL(filePath: log))
        process.standardError = logFile
        process.standardInput = input
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        self.process = Mutex(process)
        let end = outputEnd
        Thread.detachNewThread { [output] in
            let data = pipe.fileHandleForReading.readDataToEndOfFile()
            output.data.withLock { $0 = data }
            end.signal()
        }
    }

    /// The folder of the test bundle, where the package's programs are built too.
    private static let folder: URL = {
        let main = URL(filePath: CommandLine.arguments.first ?? "").deletingLastPathComponent()
        let candidates =
            [main, Bundle.main.bundleURL, Bundle.main.bundleURL.deletingLastPathComponent()]
            + Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() }
        return candidates.first {
            FileManager.default.isExecutableFile(atPath: $0.appending(path: "test-trainer").path)
        } ?? main
    }()

    deinit { process.withLock { if $0.isRunning { sendSignal($0.processIdentifier, SIGKILL) } } }

    var isRunning: Bool { process.withLock(\.isRunning) }

    /// SIGKILL, and waits until it is gone.
    func kill() {
        process.withLock { process in
            if process.isRunning { sendSignal(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
        }
    }

    /// SIGHUP.
    func hangUp() { process.withLock { if $0.isRunning { sendSignal($0.processIdentifier, SIGHUP) } } }

    /// What it has written to standard error so far.
    var errors: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }
    /// Sends a signal.
    func send(_ signal: Int32) {
        process.withLock { if $0.isRunning { sendSignal($0.processIdentifier, signal) } }
    }

    /// Sends a signal, and waits until the process ends. Returns the signal that ended it, if one did.
    func end(by signal: Int32) -> Int32? {
        process.withLock { process in
            if process.isRunning { sendSignal(process.processIdentifier, signal) }
            process.waitUntilExit()
            return process.terminationReason == .uncaughtSignal ? process.terminationStatus : nil
        }
    }

    /// SIGTERM, and waits for its exit.
    func terminate() -> Int32 {
        process.withLock { process in
            if process.isRunning { process.terminate() }
            process.waitUntilExit()
            return process.terminationStatus
        }
    }

    /// Waits for its exit.
    func wait() -> (status: Int32, output: String) {
        let status = process.withLock { process in
            process.waitUntilExit()
            return process.terminationStatus
        }
        outputEnd.wait()
        outputEnd.signal()
        return (status, output.data.withLock { String(decoding: $0, as: UTF8.self) })
    }
}

/// What a program has printed.
private final class Output: Sendable {
    let data = Mutex(Data())
}

/// `kill(2)`, which inside the class would be its own method.
private func sendSignal(_ process: Int32, _ signal: Int32) {
    _ = kill(process, signal)
}
