import Logging
import ServiceLifecycle

/// Runs an ingest from start to drained, and says once a minute what it has done.
struct IngestService: Service {
    let ingest: Ingest
    let shutdownTimeout: Duration
    let logger: Logger

    func run() async throws {
        ingest.start()
        try? await cancelWhenGracefulShutdown { try await report() }
        await ingest.drain(timeout: shutdownTimeout)
        logger.info("stopped", metadata: ["committed": "\(ingest.statistics.snapshot)"])
    }

    private func report() async throws {
        var last = ingest.statistics.snapshot
        while true {
            try await Task.sleep(for: .seconds(60))
            let now = ingest.statistics.snapshot
            if now != last { logger.info("committed so far", metadata: ["since start": "\(now)"]) }
            last = now
        }
    }
}
