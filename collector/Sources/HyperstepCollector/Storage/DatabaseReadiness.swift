public import HyperstepPostgres

/// Whether batches can be committed, as the database itself says.
public enum Readiness: Sendable, Equatable {
    /// It can be reached and its schema is current.
    case ready
    /// It cannot be written; the reason says what to do, for a person.
    case notReady(reason: String)
}

/// Asks the database whether it is ready, at most once a second however often it is itself asked.
public actor DatabaseReadiness {
    private let url: PostgresURL
    private let validity: Duration
    private let timeout: Duration
    private var last: (readiness: Readiness, at: ContinuousClock.Instant)?
    private var underWay: Task<Readiness, Never>?

    /// - Parameters:
    ///   - validity: how long an answer is given again without asking.
    ///   - timeout: how long an answer may take in all. Who probes waits for some seconds at the most.
    public init(url: PostgresURL, validity: Duration = .seconds(1), timeout: Duration = .seconds(3)) {
        self.url = url
        self.validity = validity
        self.timeout = timeout
    }

    /// Connects, reads the schema's state, and disconnects; or gives the last answer if it is fresh.
    public func check() async -> Readiness {
        if let last, last.at + validity > .now { return last.readiness }
        // Who asks while a question is under way waits for that one: however long a name's resolution or a connection
        // takes, there is one thread at it.
        let task =
            underWay
            ?? Task {
                let readiness = await Self.ask(url, timeout)
                last = (readiness, .now)
                underWay = nil
                return readiness
            }
        underWay = task
        return await task.value(within: timeout)
            ?? .notReady(reason: "the database gives no answer within \(timeout)")
    }

    private static func ask(_ url: PostgresURL, _ timeout: Duration) async -> Readiness {
        do {
            let complaint = try await BlockingThread.run {
                var options = PostgresConnection.Options()
                options.applicationName = "hyperstep-collector readiness"
                options.connectTimeout = timeout
                options.operationTimeout = timeout
                return try WriteObstacle.read(PostgresConnection(url, options: options))
            }
            return complaint.map { .notReady(reason: $0) } ?? .ready
        } catch {
            return .notReady(reason: "\(error)")
        }
    }
}
