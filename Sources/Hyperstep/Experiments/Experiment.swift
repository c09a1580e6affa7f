import Logging

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// One trial of a search, as of a sweep over learning rates: rows of the table `experiments`, each of which says how
/// it stands.
///
/// ```swift
/// let trial = run.experiment(parameters: ["learning_rate": 0.1], worker: "worker-3", gpu: "GPU-1f2e")
/// trial.record(metrics: ["val/accuracy": 0.93])
/// trial.finish(metrics: ["val/accuracy": 0.95])
/// ```
///
/// A row has all parameters and metrics that were given up to then, of each the newest. An experiment that is not
/// finished when its run ends does so with it. Calls take a lock and write JSON: they are for what happens some times
/// a minute, from any thread. They never throw or trap. A row is in the run's file when the call returns. Where many come at
/// once, up to 8 MiB of them wait in memory until the file has room, which is soon; those are lost if the process is killed
/// meanwhile. Where ``Settings/whenFull`` is `.wait` the call waits instead. Rows beyond that are dropped and counted in the
/// ``FinishReport``.
public struct Experiment: Sendable {
    /// How an experiment ended.
    public enum Status: String, Sendable, Hashable, CaseIterable {
        /// As it was meant to.
        case finished
        /// By an error.
        case failed
        /// Given up, since another one promised more.
        case stopped
    }

    /// The experiment's id, given to ``Run/experiment(id:parameters:worker:gpu:)`` or made there.
    public let id: UUID

    /// Nil in the mode `disabled`.
    private let recording: Recording?
    private let log: ExperimentLog
    private let logger: Logger

    init(_ log: ExperimentLog, recording: Recording?, logger: Logger) {
        id = log.id
        self.recording = recording
        self.log = log
        self.logger = logger
    }

    /// Records how the experiment stands, with these metrics and parameters beside those it had.
    ///
    /// - Parameters:
    ///   - metrics: any doubles, NaN and infinities too (as texts, since JSON has no numbers for them).
    ///   - parameters: more parameters. With the metrics at most 13 KiB of JSON; what is beyond is left out, so that the
    ///     value before stays, with one warning for each name.
    public func record(metrics: [String: Double], parameters: [String: ParameterValue] = [:]) {
        guard let recording else { return }
        log.add(ExperimentLog.Change(parameters: parameters, metrics: metrics), to: recording, logger)
    }

    /// Ends the experiment, the first time; it records nothing after it.
    public func finish(_ status: Status = .finished, metrics: [String: Double] = [:]) {
        guard let recording else { return }
        log.add(ExperimentLog.Change(metrics: metrics, end: status), to: recording, logger)
        // Else the end of the run tries again.
        if log.isOver { recording.unfollow(log) }
    }
}

extension Run {
    /// Begins an experiment of this run: a first row, with the status `running`.
    ///
    /// It ends with the run where it is still open then. So do 4,096 experiments at once; what is open beyond them has to
    /// be finished by itself, which the log says once.
    ///
    /// - Parameters:
    ///   - id: the experiment's id, where it had one before; a new one where none is given. Two of one id
    ///     are two that write rows of the same experiment: each is to be finished, or ends with the run.
    ///   - parameters: what is tried.
    ///   - worker: who works on it, at most 256 bytes.
    ///   - gpu: on which accelerator, at most 256 bytes.
    public func experiment(
        id: UUID? = nil, parameters: [String: ParameterValue] = [:], worker: String = "", gpu: String = ""
    ) -> Experiment {
        let log = ExperimentLog(
            id: id ?? UUID(), modelID: modelID, worker: worker, gpu: gpu, parameters: parameters, logger)
        if let recording {
            // In this order: a run that ends at this moment ends it, too, with all its parameters.
            recording.follow(log, logger)
            recording.noteLeftOut(log.leftOutAtStart)
            log.add(ExperimentLog.Change(), to: recording, logger)
        }
        return Experiment(log, recording: recording, logger: logger)
    }
}
