import HyperstepShipper
import HyperstepWire
import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension ResolvedSettings {
    /// How long a start waits for the collector to say which attempt was the last.
    static let questionTimeout = Duration.seconds(2)

    /// The highest attempt of `run` that the collector knows of; 0 where it knows nothing or is not to be asked.
    func attempt(of run: UUID, _ logger: Logger) -> Int16 {
        guard mode == .online else { return 0 }
        switch RunQuestion.ask(
            about: run, at: endpoint, token: token?.value, timeout: Self.questionTimeout)
        {
        case .known(let state): return state.attempt
        case .unknown:
            logger.warning(
                "the collector does not know the run that is resumed, or not yet", metadata: ["run": "\(run)"]
            )
            return 0
        case .unavailable(let reason):
            logger.warning(
                """
                the collector cannot be asked which attempt was the last: the number follows the last one that \
                this machine knows, and is wrong if the run was resumed elsewhere since
                """, metadata: ["run": "\(run)", "endpoint": "\(endpoint)", "reason": "\(reason)"])
            return 0
        }
    }
}
