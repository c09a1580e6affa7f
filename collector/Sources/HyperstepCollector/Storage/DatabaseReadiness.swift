import HyperstepPolicies
public import HyperstepPostgres

/// Whether batches can be committed.
public enum Readiness: Sendable, Equatable {
    /// Writers could commit last, or a write was tried and rolled back.
    case ready
    /// It cannot be written; the reason says what to do, for a person.
    case notReady(reason: String)
}

/// Says whether batches can be committed: by what the writers could do last, by asking the database, and by a write
/// that is rolled back where nothing was committed for a while. The database is asked at most once a second, however
/// often this is itself asked.
public actor DatabaseReadiness {
    private let url: PostgresURL
    private let writers: WriterHealth?
    private let validity: Duration
    private let writeInterval: Duration
    private let timeout: Duration
    private var last: (readiness: Readiness, at: ContinuousClock.Instant)?
    private var lastWrite: ContinuousClock.Instant?
    private var underWay: Task<Readiness, Never>?

    /// - Parameters:
    ///   - ingest: whose writers are asked first; nil where only the database is to be asked.
    ///   - validity: how long an answer is given again without asking.
    ///   - writeInterval: how long a write that worked counts, be it a writer's or one that was rolled back.
    ///   - timeout: how long an answer may take in all. Who probes waits for some seconds at the most.
    public init(
        url: PostgresURL, ingest: Ingest? = nil, validity: Duration = .seconds(1),
        writeInterval: Duration = .seconds(60), timeout: Duration = .seconds(3)
    ) {
        self.url = url
        writers = ingest?.health
        self.validity = validity
        self.writeInterval = writeInterval
        self.timeout = timeout
    }

    /// Connects, looks and disconnects; or gives the last answer if it is fresh.
    public func check() async -> Readiness {
        // Costs nothing, and is news at once.
        if let obstacle = writers?.obstacle { return .notReady(reason: obstacle) }
        if let last, last.at + validity > .now { return last.readiness }
        // Who asks while a question is under way waits for that one: however long a name's resolution or a connection
        // takes, there is one thread at it.
        let task = underWay ?? Task { await ask() }
        underWay = task
        return await task.value(within: timeout)
            ?? .notReady(reason: "the database gives no answer within \(timeout)")
    }

    private func ask() async -> Readiness {
        let (readiness, wrote) = await Self.ask(url, timeout, writes: isWriteDue)
        if wrote { lastWrite = .now }
        // After a failure the next question tries to write again.
        if readiness != .ready { lastWrite = nil }
        last = (readiness, .now)
        underWay = nil
        return readiness
    }

    private var isWriteDue: Bool {
        let writes = [lastWrite, last?.readiness == .ready ? writers?.lastCommit : nil]
        return writes.compactMap(\.self).allSatisfy { $0 + writeInterval <= .now }
    }

    /// - Returns: the answer, and whether a write was tried and worked.
    private static func ask(
        _ url: PostgresURL, _ timeout: Duration, writes: Bool
    ) async -> (Readiness, wrote: Bool) {
        do {
            return try await BlockingThread.run {
                var options = PostgresConnection.Options()
                options.applicationName = "hyperstep-collector readiness"
                options.connectTimeout = timeout
                options.operationTimeout = timeout
                return try look(PostgresConnection(url, options: options), writes: writes)
            }
        } catch {
            return (.notReady(reason: "\(error)"), false)
        }
    }

    private static func look(
        _ connection: PostgresConnection, writes: Bool
    ) throws(PostgresError) -> (Readiness, wrote: Bool) {
        if let obstacle = try WriteObstacle.read(connection) { return (.notReady(reason: obstacle), false) }
        do throws(PostgresError) {
            try WriteProbe.plan(on: connection)
            guard writes else { return (.ready, false) }
            try WriteProbe.write(on: connection)
            return (.ready, true)
        } catch {
            // Who holds a lock is not in the way of writing for that; where it is, the writers say so.
            if WriteProbe.isInconclusive(error) { return (.ready, false) }
            return (
                .notReady(reason: "a write that was tried, to be rolled back, fails: \(error)"), false
            )
        }
    }
}
