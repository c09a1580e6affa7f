import Foundation

/// Programs that tests run to their end.
enum Shell {
    /// A program's failure, with its output.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs a program that is found in PATH. Returns what it printed.
    ///
    /// The output goes to a file: a server that the program leaves behind would hold a pipe open for ever.
    @discardableResult
    static func run(_ words: [String], environment: [String: String]) throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "hyperstep-shell-\(UUID())")
        try Data().write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        let output = try FileHandle(forWritingTo: file)
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw Failure(
                description:
                    "exit status \(process.terminationStatus) of: \(words.last ?? "")\n\(text.suffix(4_000))")
        }
        return text
    }
}
