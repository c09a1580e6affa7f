public import HyperstepPostgres
public import Logging

/// Keeps one database's policies, round by round, as the only collector that does so; for use by one thread at a
/// time.
///
/// It has a connection of its own, whose advisory lock says which collector it is. A database that is away, or not
/// migrated, is waited for.
public final class PolicyKeeper {
    /// How a keeper works.
    public struct Options: Sendable {
        /// Time between comparisons of the database with what is declared.
        public var every: Duration
        /// How late a job of the database's may be before its work is done here.
        var patience = JobWatch.Patience()
        /// What is wrong with the database's schema, for a person; nil if nothing is.
        public var complaint: @Sendable (PostgresConnection) throws(PostgresError) -> String?
        /// Told of each new connection what cancels its statements.
        public var onConnect: @Sendable (PostgresCancel?) -> Void
        /// Asked between one piece of work and the next.
        public var isStopping: @Sendable () -> Bool

        /// All of it.
        public init(
            every: Duration,
            complaint: @escaping @Sendable (PostgresConnection) throws(PostgresError) -> String? = {
                _ throws(PostgresError) in nil
            },
            onConnect: @escaping @Sendable (PostgresCancel?) -> Void = { _ in },
            isStopping: @escaping @Sendable () -> Bool = { false }
        ) {
            self.every = every
            self.complaint = complaint
            self.onConnect = onConnect
            self.isStopping = isStopping
        }
    }

    private let url: PostgresURL
    private let options: Options
    private let logger: Logger
    private var connection: PostgresConnection?
    /// What the connection's session took over when it began.
    private var state: SessionState?
    private var isTheOne = false
    private var reconciler: Reconciler
    private var spells = OncePerSpell()
    /// What the database was last brought to, and when.
    private var last: (declared: PolicySet, at: ContinuousClock.Instant)?
    /// Relations that could not be brought to it.
    private var pending: Set<String> = []
    private let maintenance: Maintenance
    private var jobs: JobKeeper

    /// A keeper that has done nothing yet.
    public init(_ url: PostgresURL, options: Options, logger: Logger) {
        self.url = url
        self.options = options
        self.logger = logger
        reconciler = Reconciler(logger: logger)
        maintenance = Maintenance(logger: logger)
        jobs = JobKeeper(patience: options.patience, logger: logger)
    }

    /// Does what is due.
    ///
    /// - Returns: how long nothing is due.
    public func round(_ declared: PolicySet) -> Duration {
        defer { spells.endRound() }
        do throws(PostgresError) {
            return try work(declared)
        } catch {
            if error.endsSession { disconnect() }
            guard !options.isStopping() else { return options.every }
            if spells.isNews("\(error.kind) \(error.code)") {
                logger.warning("the policies cannot be kept now", metadata: ["reason": "\(error)"])
            }
            return min(options.every, .seconds(5))
        }
    }

    /// Closes the connection, and with it lets another collector take over.
    public func disconnect() {
        connection = nil
        isTheOne = false
        options.onConnect(nil)
    }

    private func work(_ declared: PolicySet) throws(PostgresError) -> Duration {
        let connection = try connected()
        if let complaint = try options.complaint(connection) {
            // What is wrong may be this session's alone: the next look is a new one's.
            disconnect()
            if spells.isNews(complaint) {
                logger.warning("the policies cannot be kept now", metadata: ["reason": "\(complaint)"])
            }
            return min(options.every, .seconds(5))
        }
        guard try isOnlyOne(connection) else { return options.every }
        let now = ContinuousClock.now
        var next = options.every
        if let last, last.declared == declared, now < last.at + options.every {
            next = last.at + options.every - now
        } else {
            last = nil
            let outcomes = try reconciler.reconcile(connection, declared)
            last = (declared, now)
            pending = Set(outcomes.filter { $0.result != .done }.map(\.change.relation))
            // Who only waits for a lock gets it soon.
            if outcomes.contains(where: \.isRetryable) {
                last = nil
                next = min(next, .seconds(5))
            }
        }
        guard !options.isStopping() else { return next }
        return min(next, try maintain(connection, declared))
    }

    /// Does what the database has no jobs for, or does not run.
    private func maintain(
        _ connection: PostgresConnection, _ declared: PolicySet
    ) throws(PostgresError) -> Duration {
        let server = try ServerFacts(connection)
        let tasks =
            server.edition == .apache
            ? MaintenanceTask.all(declared) : try jobs.tasks(connection, declared, mayRefresh: server.isOwner)
        let next = try maintenance.run(
            connection, tasks, pending: pending, while: { [options] in !options.isStopping() })
        return server.edition == .apache ? next : min(next, JobKeeper.every)
    }

    private func connected() throws(PostgresError) -> PostgresConnection {
        if let connection, let state, try SessionState(connection) == state { return connection }
        disconnect()
        var settings = PostgresConnection.Options()
        settings.applicationName = "hyperstep-collector policies"
        settings.connectTimeout = .seconds(5)
        // Of a refresh after a long absence. What else is done has limits of its own, and a stop cancels.
        settings.operationTimeout = .seconds(3_600)
        let made = try PostgresConnection(url, options: settings)
        connection = made
        state = try SessionState(made)
        isTheOne = false
        options.onConnect(made.makeCancel())
        return made
    }

    private func isOnlyOne(_ connection: PostgresConnection) throws(PostgresError) -> Bool {
        guard !isTheOne else { return true }
        isTheOne = try ReconcileLock.tryToTake(connection)
        if isTheOne {
            logger.info("keeping the policies of this database")
        } else if spells.isNews("another") {
            logger.info("another collector keeps the policies of this database")
        }
        return isTheOne
    }
}

extension PolicyOutcome {
    /// Whether it may be done if it is tried again.
    fileprivate var isRetryable: Bool {
        if case .failed(let error) = result { error.kind == .retryable } else { false }
    }
}
