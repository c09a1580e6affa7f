import HyperstepPolicies
import HyperstepPostgres
import Logging
import ServiceLifecycle

/// Marks runs as crashed of which nothing is heard any more, while the collector serves.
struct CrashWatchService: Service {
    let url: PostgresURL
    /// How long a run may be silent.
    let silence: Duration
    let logger: Logger

    func run() async throws {
        var patience = CrashPatience(silence: silence)
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            let interval = patience.interval
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: interval) }
            guard !Task.isShuttingDownGracefully, !Task.isCancelled else { return }
            await look(&patience)
        }
    }

    private func look(_ patience: inout CrashPatience) async {
        let mayMark = patience.mayMark(at: .now)
        do {
            let marked = try await BlockingThread.run { [url, silence] in
                var options = PostgresConnection.Options()
                options.applicationName = "hyperstep-collector crashes"
                options.connectTimeout = .seconds(2)
                options.operationTimeout = .seconds(10)
                options.findsTimescale = false
                options.session = ["statement_timeout": "5s", "lock_timeout": "2s"]
                let connection = try PostgresConnection(url, options: options)
                if let complaint = try SessionState.complaint(on: connection) {
                    throw PostgresError(kind: .session, message: complaint)
                }
                return mayMark ? try CrashedRuns.mark(silentFor: silence, on: connection) : []
            }
            patience.answered(at: .now)
            if mayMark { patience.marked() }
            for run in marked {
                logger.warning(
                    "a run gives no sign of life and is marked as crashed",
                    metadata: [
                        "run": "\(run.run)", "project": "\(run.project)", "name": "\(run.name)",
                        "silent": "\(silence)",
                    ])
            }
        } catch {
            patience.failed()
            // Not only while the database is away, which others say too: a right may be missing, or a lock stay.
            logger.log(
                level: patience.levelOfFailure(), "no run can be marked as crashed",
                metadata: ["reason": "\(error)"])
        }
    }
}

/// When silence means something: only after this collector and its database could have heard a run for as long.
/// After an outage every run has been silent, and most of them have only been waiting.
struct CrashPatience {
    let silence: Duration
    /// Since when the database has answered each time that it was asked.
    private var answersSince: ContinuousClock.Instant?
    private var lastAnswer: ContinuousClock.Instant?

    /// Whether a failure has been told that still lasts, as far as anybody knows.
    private var isTold = false

    init(silence: Duration) { self.silence = silence }

    /// Time between two looks.
    var interval: Duration { min(.seconds(15), silence / 4) }

    /// Whether runs may be marked now.
    mutating func mayMark(at now: ContinuousClock.Instant) -> Bool {
        // A process that was stopped, or whose machine slept, has heard nothing either.
        if let lastAnswer, now - lastAnswer > interval * 2 + .seconds(10) { failed() }
        guard let answersSince else { return false }
        return now - answersSince >= silence
    }

    /// The database answered.
    mutating func answered(at now: ContinuousClock.Instant) {
        answersSince = answersSince ?? now
        lastAnswer = now
    }

    /// The database could not be asked.
    mutating func failed() {
        answersSince = nil
        lastAnswer = nil
    }

    /// Marking works. That the database answers does not say so yet.
    mutating func marked() { isTold = false }

    /// How loudly a failure is told: the first is a warning.
    mutating func levelOfFailure() -> Logger.Level {
        defer { isTold = true }
        return isTold ? .debug : .warning
    }
}
