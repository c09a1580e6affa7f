import HyperstepPostgres
import Synchronization

/// Listens for the server saying that it did not compress rows on their way in.
///
/// The server stores them all the same, and says so in a mere warning.
final class CompressionNotices: Sendable {
    private let heard = Mutex<String?>(nil)

    /// For `PostgresConnection.Options.onNotice`.
    func note(_ notice: PostgresNotice) {
        guard notice.message.contains("direct compress") else { return }
        heard.withLock { $0 = notice.message }
    }

    /// What was said since this was asked last, if anything.
    func take() -> String? {
        heard.withLock { heard in
            defer { heard = nil }
            return heard
        }
    }
}
