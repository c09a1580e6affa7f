import HyperstepPostgres
import HyperstepWire
import Logging
import Synchronization

/// One connection to the database, the thread that blocks on it, and the mailbox in front of them.
final class Writer: Sendable {
    private let url: PostgresURL
    private let index: Int
    private let settings: WriterSettings
    private let mailbox: Mailbox
    private let statistics: CollectorStatistics
    private let logger: Logger
    private let cancel = Mutex<PostgresCancel?>(nil)
    private let exit = AsyncStream<Never>.makeStream()

    init(
        index: Int, url: PostgresURL, settings: WriterSettings, statistics: CollectorStatistics,
        logger: Logger
    ) {
        self.index = index
        self.url = url
        self.settings = settings
        self.statistics = statistics
        var logger = logger
        logger[metadataKey: "writer"] = "\(index)"
        self.logger = logger
        mailbox = Mailbox(settings, refusal: "the collector is connecting to its database")
    }

    func start() {
        do {
            try BlockingThread.start { [self] in run() }
        } catch {
            // Before anything is taken: a collector that writes nothing is none.
            preconditionFailure("a writer's thread cannot be made: \(error)")
        }
    }

    func submit(_ batch: Batch, bytes: Int, completion: @escaping @Sendable (IngestOutcome) -> Void) {
        mailbox.offer(batch, bytes: bytes, completion: completion)
    }

    /// How many batches wait for their transaction.
    var waitingBatches: Int { mailbox.count }

    // MARK: On the writer's thread

    private func run() {
        var backoff = Backoff()
        repeat {
            do throws(DatabaseSession.Refusal) {
                let session = try connect()
                try write(with: session, &backoff)
                break  // closed, and everything is committed
            } catch {
                cancel.withLock { $0 = nil }
                mailbox.refuse(error.reason)
                if backoff.isWorthALine {
                    // All writers have the same reason: one of them says it.
                    logger.log(
                        level: index == 0 ? .warning : .debug, "nothing can be written for now",
                        metadata: ["reason": "\(error.reason)"])
                }
            }
        } while !mailbox.waitForClose(until: .now + backoff.next())
        cancel.withLock { $0 = nil }
        mailbox.refuse("the collector is stopping")
        exit.continuation.finish()
    }

    private func connect() throws(DatabaseSession.Refusal) -> DatabaseSession {
        let session = try DatabaseSession(
            url, settings, applicationName: "hyperstep-collector writer \(index)")
        cancel.withLock { $0 = session.connection.makeCancel() }
        statistics.connected()
        logger.log(
            level: index == 0 ? .info : .debug, "connected", metadata: ["database": "\(url.displayName)"])
        mailbox.open()
        return session
    }

    private func write(
        with session: DatabaseSession, _ backoff: inout Backoff
    ) throws(DatabaseSession.Refusal) {
        var committer = GroupCommitter(
            session, mailbox: mailbox, settings: settings, statistics: statistics, logger: logger)
        while let group = mailbox.nextGroup() {
            do throws(PostgresError) { try committer.commit(group) } catch { throw .database(error) }
            backoff.reset()
        }
    }

    // MARK: The end

    /// Refuses new batches and commits those that wait; `finished` tells when.
    func drain() { mailbox.close() }

    /// Returns when the thread has ended, or the task is cancelled.
    func finished() async { for await _ in exit.stream {} }

    /// Gives up what is not committed yet: its producers are told, and keep it.
    func abandon() {
        mailbox.refuse("the collector is stopping")
        // It asks the server, which may not answer: never on a thread that others need.
        if let cancel = cancel.withLock({ $0 }) { try? BlockingThread.start { cancel.cancel() } }
    }
}
