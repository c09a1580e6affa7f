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
    private let health: WriterHealth
    private let logger: Logger
    private let cancel = Mutex<PostgresCancel?>(nil)
    /// The thread has ended.
    let exit = OneTimeEvent()
    private let abandoned = OneTimeEvent()

    init(
        index: Int, url: PostgresURL, settings: WriterSettings, statistics: CollectorStatistics,
        health: WriterHealth, logger: Logger
    ) {
        self.index = index
        self.url = url
        self.settings = settings
        self.statistics = statistics
        self.health = health
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
                health.disconnected(index, reason: error.reason)
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
        exit.happen()
    }

    private func connect() throws(DatabaseSession.Refusal) -> DatabaseSession {
        let session = try DatabaseSession(
            url, settings, applicationName: "hyperstep-collector writer \(index)")
        cancel.withLock { $0 = session.connection.makeCancel() }
        statistics.connected()
        logger.log(
            level: index == 0 ? .info : .debug, "connected", metadata: ["database": "\(url.displayName)"])
        health.connected(index)
        mailbox.open()
        return session
    }

    private func write(
        with session: DatabaseSession, _ backoff: inout Backoff
    ) throws(DatabaseSession.Refusal) {
        var committer = GroupCommitter(
            session, mailbox: mailbox, settings: settings, statistics: statistics,
            health: (health, index), isAbandoned: { [abandoned] in abandoned.hasHappened }, logger: logger)
        while let group = mailbox.nextGroup() {
            do throws(PostgresError) { try committer.commit(group) } catch { throw .database(error) }
            backoff.reset()
        }
    }

    // MARK: The end

    /// Refuses new batches and commits those that wait; `exit` tells when.
    func drain() { mailbox.close() }

    /// Gives up what is not committed yet: its producers are told, and keep it. Again is harmless.
    func abandon() {
        guard !abandoned.hasHappened else { return }
        abandoned.happen()
        mailbox.refuse("the collector is stopping")
        // It asks the server, which may not answer: never on a thread that others need. A cancel may arrive between two
        // statements, so that it is said again until the thread has seen that it is to end.
        try? BlockingThread.start { [self] in
            for _ in 0..<Self.cancels where !exit.hasHappened {
                cancel.withLock(\.self)?.cancel()
                BlockingThread.sleep(.milliseconds(200))
            }
        }
    }

    /// How often a statement under way is cancelled at most; no statement takes longer than that in all.
    private static let cancels = 300
}
