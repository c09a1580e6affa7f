import Hyperstep
import Logging
import ServiceLifecycle

/// Ends the process's monitors when the server has ended, so that their last window is sent.
struct MonitorService: Service {
    let logger: Logger

    func run() async throws {
        try? await gracefulShutdown()  // throws where the task is cancelled instead: the end as well
        // Bounded: without a collector the window waits on disk for the next process.
        let report = await InferenceMonitor.shutdown(timeout: .seconds(5))
        logger.info("monitoring ended: \(report)")
    }
}
