import Logging
import NIOConcurrencyHelpers

/// Warnings about what a process is given or has, which each of its runs would repeat: of each cause only so many.
final class LimitedWarnings: Sendable {
    /// Those of this process.
    static let shared = LimitedWarnings()

    /// How often the same is said.
    static let maximum = 8
    /// Causes that are told apart; with those after them nothing is said, so that this stays small.
    private static let causes = 256

    private let counts = NIOLockedValueBox<[String: Int]>([:])

    /// Logs a warning, the last one of its kind with a word that no more follow.
    ///
    /// - Parameter cause: what makes two warnings the same.
    func warn(_ cause: String, _ logger: Logger, _ message: String, _ metadata: Logger.Metadata = [:]) {
        let count = counts.withLockedValue { counts -> Int? in
            guard counts[cause] != nil || counts.count < Self.causes else { return nil }
            let count = counts[cause, default: 0] + 1
            guard count <= Self.maximum else { return nil }
            counts[cause] = count
            return count
        }
        guard let count else { return }
        let end = count == Self.maximum ? " (this process does not log it again)" : ""
        logger.warning("\(message)\(end)", metadata: metadata)
    }
}
