import HyperstepRecorder
import HyperstepShipper
import HyperstepWire
public import Logging

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension Run {
    /// Starts a run.
    ///
    /// ```swift
    /// let run = try Run.start(
    ///     project: "digits", name: "mlp-32", model: "digits-mlp",
    ///     parameters: ["learning_rate": 0.1], tags: ["demo"])
    /// ```
    ///
    /// A collector that does not answer is no error: one line in the log, and the records wait on disk. Records
    /// that earlier processes left in the ``Settings/directory`` are sent as well.
    ///
    /// - Parameters:
    ///   - project: what the run belongs to, 1 to 256 bytes.
    ///   - name: what people call the run, 1 to 256 bytes. It need not be unique.
    ///   - model: the name of the model that is trained, 1 to 256 bytes. Its id is made from name and version:
    ///     the same each time (``ModelID``).
    ///   - modelVersion: the model's version, 1 to 256 bytes, where it has one.
    ///   - id: the run's id; a new one where none is given. A program that starts again with the same one wants
    ///     `resume` too: else its steps are those of the same attempt once more, and in `training_steps` twice.
    ///   - resume: the run that this process goes on with, as its next attempt; nil for a run that begins. Where
    ///     the attempt is not given the collector is asked for it, which keeps the calling thread for 2 seconds at most,
    ///     and for 2 more where other starts on this machine choose theirs at that moment.
    ///   - rank: which of the run's processes this is, 0 to 32,767. Where it is left out: `HYPERSTEP_RANK` of the
    ///     environment, else 0. Rank 0 speaks for the run. The others need the same `id`, or the same attempt.
    ///     Of processes with the same directory that were given their ranks one samples the machine.
    ///   - parameters: hyperparameters, at most 64 KiB of JSON in all and 13 KiB each. One that is too large is
    ///     left out with a warning.
    ///   - tags: labels, at most 64 of 1 to 256 bytes each. What is beyond is left out with a warning.
    ///   - settings: how records reach the collector.
    ///   - logger: where warnings go.
    /// - Throws: ``StartError`` where a name or a setting is nonsense, where a directory that was named, or any in the mode
    ///   `offline`, cannot be written, and where the process has too few file descriptors or was forked from one that
    ///   records. It names the setting, what was expected and what to do. Without a directory that somebody named, and on
    ///   a full disk, an online run records in memory, with a warning.
    public static func start(
        project: String, name: String, model: String, modelVersion: String? = nil, id: UUID? = nil,
        resume: Resume? = nil, rank: Int? = nil, parameters: [String: ParameterValue] = [:],
        tags: [String] = [], settings: Settings = Settings(), logger: Logger = Logger(label: "hyperstep")
    ) throws(StartError) -> Run {
        let environment = settings.environment
        let settings = try settings.resolved(environment: environment)
        settings.warnOfEnvironment(logger)
        let request = try LifeRequest(id: id, resume: resume, rank: rank, environment: environment)
        var description = try RunDescription(
            project: project, name: name, model: model, modelVersion: modelVersion, id: request.runID)
        description.life = try request.life(settings, logger: logger)
        guard settings.mode != .disabled else {
            return Run(description, recording: nil, shipment: nil, mode: settings.mode, logger: logger)
        }
        let recorder = try settings.makeRecorder(for: description, logger: logger)
        let recording = Recording(
            runID: description.runID, life: description.life, recorder: recorder,
            waits: settings.whenFull == .wait, logger: logger)
        let shipment = try settings.ship(recorder, logger: logger, run: recording)
        recording.onWaiting { [weak shipment] in shipment?.wake() }
        recording.start(
            description, parameters: parameters,
            surroundings: settings.surroundings(rank: description.life.rank), tags: tags, logger: logger)
        return Run(
            description, recording: recording, shipment: shipment,
            system: settings.sampleSystem(
                into: recorder, ofRun: true, sharing: request.isRankGiven ? description.runID : nil,
                logger: logger),
            mode: settings.mode, logger: logger)
    }
}
