import HyperstepRecorder
import HyperstepWire
import Logging
import NIOConcurrencyHelpers

/// The experiments of a run that have not ended.
struct OpenExperiments {
    /// By what they are and not by their ids: a program may give one id twice.
    fileprivate var logs: [ObjectIdentifier: ExperimentLog] = [:]
    fileprivate var saidFull = false
}

extension Recording {
    /// More open experiments than this do not end with their run.
    static let mostOpenExperiments = 4_096

    /// Has an experiment end with the run.
    func follow(_ log: ExperimentLog, _ logger: Logger) {
        let isNews = experiments.withLockedValue { open in
            guard open.logs.count >= Self.mostOpenExperiments else {
                open.logs[ObjectIdentifier(log)] = log
                return false
            }
            defer { open.saidFull = true }
            return !open.saidFull
        }
        guard isNews else { return }
        logger.warning(
            """
            a run has more than \(Self.mostOpenExperiments) open experiments: those beyond do not end with it, and stay \
            "running" unless they are finished themselves
            """, metadata: ["run": "\(runID)"])
    }

    /// An experiment has ended by itself.
    func unfollow(_ log: ExperimentLog) {
        experiments.withLockedValue { $0.logs[ObjectIdentifier(log)] = nil }
    }

    /// Ends the experiments that are still open.
    func endExperiments(
        _ status: Experiment.Status, until deadline: ContinuousClock.Instant, _ logger: Logger
    ) {
        let open = experiments.withLockedValue { open in
            defer { open.logs = [:] }
            return open.logs.values
        }
        let change = ExperimentLog.Change(end: status)
        for log in open { log.add(change, to: self, until: deadline, logger) }
    }

    /// Puts a row of an experiment into the recorder; where it is refused the ring counts it.
    ///
    /// Returns false where there is no room now and the program waits for some: under this lock nobody does, so that
    /// the end of a run can be recorded at any time.
    func record(_ row: ExperimentEvent) -> Bool {
        // Its parts were brought within the contract's limits before; if they were not, no program should end by it.
        guard let payload = try? row.encoded() else { return true }
        return experiments.withLockedValue { _ in
            guard !waits || recorder.experiments.level.fill < 1 || recorder.isSealed else { return false }
            recorder.experiments.record(payload)
            return true
        }
    }
}
