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
    ///   - id: the run's id; a new one where none is given.
    ///   - parameters: hyperparameters, at most 64 KiB of JSON in all and 13 KiB each. One that is too large is
    ///     left out with a warning.
    ///   - tags: labels, at most 64 of 1 to 256 bytes each. What is beyond is left out with a warning.
    ///   - settings: how records reach the collector.
    ///   - logger: where warnings go.
    /// - Throws: ``StartError`` where a name or a setting is nonsense, or the directory cannot be written. It
    ///   names the setting, what was expected and what to do.
    public static func start(
        project: String, name: String, model: String, modelVersion: String? = nil, id: UUID? = nil,
        parameters: [String: ParameterValue] = [:], tags: [String] = [], settings: Settings = Settings(),
        logger: Logger = Logger(label: "hyperstep")
    ) throws(StartError) -> Run {
        let settings = try settings.resolved(environment: processEnvironment)
        let description = try RunDescription(
            project: project, name: name, model: model, modelVersion: modelVersion, id: id)
        guard settings.mode != .disabled else {
            return Run(description, recording: nil, shipment: nil, mode: settings.mode, logger: logger)
        }
        let recorder = try settings.makeRecorder(for: description)
        let shipment = try settings.ship(recorder, logger: logger)
        let recording = Recording(runID: description.runID, recorder: recorder)
        recording.record(
            RunEvents(parameters: settings.parameters(with: parameters), tags: tags, logger: logger),
            of: description, logger: logger)
        return Run(
            description, recording: recording, shipment: shipment,
            system: settings.sampleSystem(into: recorder, ofRun: true, logger: logger), mode: settings.mode,
            logger: logger)
    }
}

extension Recording {
    /// The run's first event with as many parameters as it holds, and the others after it.
    func record(_ events: RunEvents, of run: RunDescription, logger: Logger) {
        for (index, piece) in events.pieces.enumerated() {
            let recorded =
                if index == 0 {
                    record(run.started(parametersJSON: piece.parametersJSON, tags: piece.tags))
                } else {
                    record(.changed(parametersJSON: piece.parametersJSON, tags: piece.tags))
                }
            if !recorded {
                logger.warning(
                    "the recorder had no room for a run's parameters", metadata: ["run": "\(runID)"])
            }
        }
    }
}
