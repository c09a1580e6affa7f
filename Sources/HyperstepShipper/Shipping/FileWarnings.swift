import HyperstepRecorder
import Logging

/// What the log says of files that earlier processes left: of each file once, and of only so many for each cause, since
/// the directory is looked at again and again and may hold thousands.
struct FileWarnings {
    private enum Cause: Hashable {
        case damaged, leftAlone, ofAnotherUser, unsearchable, unreadable
    }

    /// Files that are named for each cause.
    static let maximum = 16

    let logger: Logger
    private var named: [Cause: Set<String>] = [:]

    init(logger: Logger) {
        self.logger = logger
    }

    mutating func damaged(_ report: RecorderReport) {
        log(.damaged, .error, "a recorder's file is damaged", report.path, ["report": "\(report)"])
    }

    mutating func leftAlone(_ file: LeftAloneFile) {
        if file.isOfAnotherUser {
            log(.ofAnotherUser, .info, "a file of another user is left alone", file.path, ["file": "\(file)"])
        } else {
            log(
                .leftAlone, .warning,
                "a file that an earlier process left cannot be opened and is left alone",
                file.path, ["file": "\(file)"])
        }
    }

    mutating func unsearchable(_ directory: String, _ reason: String) {
        log(
            .unsearchable, .warning,
            "the state directory could not be searched for what earlier processes left", directory,
            ["reason": "\(reason)"])
    }

    mutating func unreadable(_ file: String, _ reason: String) {
        log(
            .unreadable, .error,
            "records that an earlier process left cannot be read and stay where they are", file,
            ["file": "\(file)", "reason": "\(reason)"])
    }

    private mutating func log(
        _ cause: Cause, _ level: Logger.Level, _ message: Logger.Message, _ path: String,
        _ metadata: Logger.Metadata
    ) {
        guard named[cause, default: []].count < Self.maximum,
            named[cause, default: []].insert(path).inserted
        else { return }
        logger.log(level: level, message, metadata: metadata)
        guard named[cause]?.count == Self.maximum else { return }
        logger.log(level: level, "further files of which the same is true are not named: \(message)")
    }
}
