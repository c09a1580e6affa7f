import HyperstepRecorder
import HyperstepWire
import Logging
import NIOConcurrencyHelpers

extension Recording {
    /// More open experiments than this do not end with their run.
    private static let mostOpen = 4_096

    /// Has an experiment end with the run.
    func follow(_ log: ExperimentLog) {
        experiments.withLockedValue { open in
            if open.count < Self.mostOpen { open[log.id] = log }
        }
    }

    /// An experiment has ended by itself.
    func unfollow(_ log: ExperimentLog) {
        experiments.withLockedValue { $0[log.id] = nil }
    }

    /// Ends the experiments that are still open.
    func endExperiments(_ status: Experiment.Status, _ logger: Logger) {
        let open = experiments.withLockedValue { open in
            defer { open = [:] }
            return open.values
        }
        for log in open { log.add(ExperimentLog.Change(end: status), to: self, logger) }
    }

    /// Puts a row of an experiment into the recorder; where there is no room for it the ring counts it.
    func record(_ row: ExperimentEvent) {
        // Its parts were brought within the contract's limits before; if they were not, no program should end by it.
        if let payload = try? row.encoded() { recorder.experiments.record(payload) }
    }
}
