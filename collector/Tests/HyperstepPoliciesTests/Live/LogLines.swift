import Logging
import Synchronization

/// A log that a test reads.
final class LogLines: LogHandler, Sendable {
    private let lines = Mutex<[String]>([])

    /// Each as `level message key=value …`, keys sorted.
    var all: [String] { lines.withLock(\.self) }
    var logger: Logger { Logger(label: "test") { _ in self } }

    /// Without what the database's own jobs, which fare as they like, give occasion to.
    var ofPolicies: [String] { all.filter { !$0.contains("scheduler") && !$0.contains(" maintenance") } }

    func clear() { lines.withLock { $0 = [] } }

    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        let pairs = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
        lines.withLock { $0.append("\(event.level) \(event.message)" + pairs.joined()) }
    }
}
