public import HyperstepPostgres
public import HyperstepWire
public import Logging

/// The way of batches into the database: a router and the writers behind it.
///
/// Batches of one stream are committed in the order in which they are submitted. Memory is bounded: what
/// finds no room is answered `overloaded` at once.
///
///     let ingest = Ingest(url: url, logger: logger)
///     ingest.start()
///     ingest.submit(batch, bytes: body.count) { outcome in … }
///     await ingest.drain(timeout: .seconds(20))
public final class Ingest: IngestSink {
    /// What has been done since the start.
    public let statistics = CollectorStatistics()
    /// What the writers could do last.
    let health: WriterHealth
    private let writers: [Writer]
    private let router: Router
    private let logger: Logger

    /// How batches are gathered and how much of them is kept in memory.
    public struct Options: Sendable, Equatable {
        /// Connections to the database, one thread each.
        public var writers = 2
        /// Rows after which a transaction is begun without waiting for more.
        public var batchRows = 50_000
        /// Longest wait for more rows.
        public var batchDelay: Duration = .milliseconds(20)
        /// Bytes of request bodies not yet answered, over all writers.
        public var bytesInFlight = CollectorSettings.Defaults.inFlightBytes
        /// Names of metrics that one run may log at most.
        public var metricNamesPerRun = CollectorSettings.Defaults.runsMetricNames
        /// Series that one service may have at most.
        public var seriesPerService = CollectorSettings.Defaults.servicesSeries
        /// Whether rows are compressed on their way in.
        public var directCompress = DirectCompress.auto
        /// How often the steps of a run count as its sign of life.
        public var lifeSignInterval: Duration = .seconds(15)

        /// The defaults.
        public init() {}
    }

    /// Makes the writers; nothing is connected before `start`.
    public convenience init(url: PostgresURL, options: Options = Options(), logger: Logger) {
        var settings = WriterSettings()
        settings.groupRows = options.batchRows
        settings.groupDelay = options.batchDelay
        settings.lifeSignInterval = options.lifeSignInterval
        settings.groupQuiet = options.batchDelay / 10
        settings.metricNamesPerRun = options.metricNamesPerRun
        settings.seriesPerService = options.seriesPerService
        settings.directCompress = options.directCompress
        settings.maxBytes = options.bytesInFlight / max(1, options.writers)
        self.init(url: url, writers: options.writers, settings: settings, logger: logger)
    }

    init(url: PostgresURL, writers count: Int, settings: WriterSettings, logger: Logger) {
        let statistics = self.statistics
        let health = WriterHealth(writers: max(1, count))
        self.health = health
        writers = (0..<max(1, count)).map { index in
            Writer(
                index: index, url: url, settings: settings, statistics: statistics, health: health,
                logger: logger)
        }
        router = Router(writers: writers.count)
        self.logger = logger
    }

    /// Starts the writers, which connect and try again until they can.
    public func start() { for writer in writers { writer.start() } }

    /// Hands a batch to the writer of its stream; see ``IngestSink``.
    public func submit(
        _ batch: Batch, bytes: Int, completion: @escaping @Sendable (IngestOutcome) -> Void
    ) {
        writers[router.writer(of: batch.stream)].submit(batch, bytes: bytes, completion: completion)
    }

    /// How many batches wait for their transaction.
    var waitingBatches: Int { writers.reduce(0) { $0 + $1.waitingBatches } }

    /// Refuses new batches, commits and answers those that wait, and ends the writers.
    ///
    /// - Parameter timeout: after this long what is left is answered `unavailable`; its producers keep it.
    /// - Returns: whether everything was committed in time.
    @discardableResult
    public func drain(timeout: Duration) async -> Bool {
        for writer in writers { writer.drain() }
        let inTime = await finished(within: timeout)
        if !inTime {
            logger.warning("not everything was committed in time: its producers keep it")
            for writer in writers { writer.abandon() }
            // A cancelled statement ends soon, unless the server is gone.
            _ = await finished(within: .seconds(1))
        }
        return inTime
    }

    /// Whether all writers have ended within `timeout`. It may be asked again, and by several at once.
    func finished(within timeout: Duration) async -> Bool {
        let deadline = ContinuousClock.now + timeout
        for writer in writers {
            guard await writer.exit.happens(within: max(.zero, deadline - .now)) else { return false }
        }
        return true
    }
}
