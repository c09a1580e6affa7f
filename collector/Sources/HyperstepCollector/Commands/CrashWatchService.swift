import HyperstepPostgres
import Logging
import NIOPosix
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
            let marked = try await NIOThreadPool.singleton.runIfActive { [url, silence] in
                var options = PostgresConnection.Options()
                options.applicationName = "hyperstep-collector crashes"
                options.connectTimeout = .seconds(2)
                options.operationTimeout = .seconds(10)
                options.session = [
                    "search_path": "public, pg_temp", "statement_timeout": "5s", "lock_timeout": "2s",
                ]
                let connection = try PostgresConnection(url, options: options)
                return mayMark ? try CrashedRuns.mark(silentFor: silence, on: connection) : []
            }
            patience.answered(at: .now)
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
            // The writers and /readyz say so already.
            logger.debug("runs could not be looked at", metadata: ["reason": "\(error)"])
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
}
