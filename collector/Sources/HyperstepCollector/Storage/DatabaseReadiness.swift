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
    private var last: (readiness: Readiness, at: ContinuousClock.Instant)?
    private var underWay: Task<Readiness, Never>?

    /// - Parameter validity: how long an answer is given again without asking.
    public init(url: PostgresURL, validity: Duration = .seconds(1)) {
        self.url = url
        self.validity = validity
    }

    /// Connects, reads the schema's state, and disconnects; or gives the last answer if it is fresh.
    public func check() async -> Readiness {
        if let last, last.at + validity > .now { return last.readiness }
        // Who asks while an answer is under way gets that answer.
        let task = underWay ?? Task { [url] in await Self.ask(url) }
        underWay = task
        let readiness = await task.value
        if underWay == task {
            underWay = nil
            last = (readiness, .now)
        }
        return readiness
    }

    private static func ask(_ url: PostgresURL) async -> Readiness {
        do {
            let state = try await BlockingThread.run {
                var options = PostgresConnection.Options()
                options.applicationName = "hyperstep-collector readiness"
                options.connectTimeout = .seconds(2)
                options.operationTimeout = .seconds(2)
                return try SchemaState.read(PostgresConnection(url, options: options))
            }
            return state.complaint.map { .notReady(reason: $0) } ?? .ready
        } catch {
            return .notReady(reason: "\(error)")
        }
    }
}
