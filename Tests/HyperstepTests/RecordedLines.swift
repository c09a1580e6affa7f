import Logging
import NIOConcurrencyHelpers

/// Keeps what is logged, for a test to look at.
struct RecordedLines: LogHandler {
    final class Lines: Sendable {
        private let storage = NIOLockedValueBox<[String]>([])
        var all: [String] { storage.withLockedValue { $0 } }
        func append(_ line: String) { storage.withLockedValue { $0.append(line) } }
    }

    let lines: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.append("\(event.level): \(event.message) \(event.metadata ?? [:])")
    }

    /// A logger, and where its lines can be read.
    static func logger() -> (Logger, Lines) {
        let lines = Lines()
        return (Logger(label: "test") { _ in RecordedLines(lines: lines) }, lines)
    }
}
