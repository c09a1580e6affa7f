import Foundation
import Logging

/// A file that lines are appended to, each with one write.
final class Report: Sendable {
    private let descriptor: Int32

    init(_ path: String) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    }

    func line(_ text: String) {
        let line = text.replacingOccurrences(of: "\n", with: " ") + "\n"
        _ = line.withCString { write(descriptor, $0, strlen($0)) }
    }
}

/// Logs into the report.
struct ReportingHandler: LogHandler {
    let report: Report
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    init(_ report: Report) { self.report = report }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        report.line("log \(event.level) \(event.message) \(event.metadata ?? [:])")
    }
}

/// The words `key=value` of a command line.
struct Options: Sendable {
    private let values: [String: String]

    init(_ words: some Sequence<String>) {
        var values: [String: String] = [:]
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1)
            values[String(parts[0])] = String(parts[1])
        }
        self.values = values
    }

    subscript(key: String) -> String? { values[key] }
    func number(_ key: String) -> Int? { values[key].flatMap { Int($0) } }
}
