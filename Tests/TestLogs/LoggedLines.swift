package import Logging
import NIOConcurrencyHelpers

/// A logger whose lines a test can read.
package struct LoggedLines: Sendable {
    private let lines = NIOLockedValueBox<[String]>([])

    package init() {}

    package var all: [String] { lines.withLockedValue { $0 } }
    /// Those that are no mere information.
    package var warnings: [String] { all.filter { !$0.hasPrefix("info") } }

    package var logger: Logger { Logger(label: "test") { _ in Handler(lines: lines) } }

    private struct Handler: LogHandler {
        let lines: NIOLockedValueBox<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.withLockedValue { $0.append("\(event.level): \(event.message) \(event.metadata ?? [:])") }
        }
    }
}
