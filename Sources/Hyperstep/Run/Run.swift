import HyperstepShipper
import HyperstepSystem
import HyperstepWire
import Logging

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// One training run: start it, call ``step(_:epoch:batch:loss:accuracy:precision:recall:f1Score:learningRate:gradientNorm:stepTimeMs:at:)``
/// once per optimiser step, finish it.
///
/// ```swift
/// let run = try Run.start(
///     project: "digits", name: "mlp-32", model: "digits-mlp", parameters: ["learning_rate": 0.1])
/// for (batch, images) in batches.enumerated() {
///     let (loss, accuracy) = model.train(on: images)
///     run.step(epoch: epoch, batch: batch, loss: loss, accuracy: accuracy)
/// }
/// print(run.finish())
/// ```
///
/// After start nothing here throws or traps, and every call may come from any thread. But for ``finish(_:timeout:)-(_,_)``, and
/// where ``Settings/whenFull`` asks to, none waits for a network or a disk. A step whose call returned survives the end of
/// the process, however it ends: it is in a file of the ``Settings/directory``, which the next start on this machine, or `hyperstep-collector replay`, sends. A run
/// that is let go without ``finish(_:timeout:)-(_,_)`` is such a case: what was not sent by then waits there, and
/// the database does not learn that the run ended: after a while without a sign of life the collector marks it as
/// crashed. `withRun` finishes however its body ends.
public final class Run: Sendable, Identifiable {
    /// The run's id, given to ``start(project:name:model:modelVersion:id:resume:rank:parameters:tags:settings:logger:)`` or
    /// made there. It is the column `run_id` of every row.
    public let id: UUID
    /// The name of the model that is trained.
    public let model: String
    /// The model's version, where it has one.
    public let modelVersion: String?
    /// The id of the model that is trained, made from its name (``ModelID``). The column `model_id`.
    public let modelID: UUID
    /// What the run belongs to.
    public let project: String
    /// What people call the run.
    public let name: String
    /// Which life of the run this is, from 0: a resume begins the next. The column `attempt` of every row.
    public let attempt: Int
    /// Which of the run's processes this is, from 0. The column `rank` of every row.
    public let rank: Int

    /// Whether what is recorded is kept: not in the mode `disabled`, and not once the run has ended (``isFinished``). It
    /// reads memory, and may be asked after every step.
    public var isRecording: Bool { isEnabled && !isFinished }

    /// False in the mode `disabled`, where every call returns at once.
    @usableFromInline let isEnabled: Bool

    /// What records, and what sends it; both nil in the mode `disabled`.
    let recording: Recording?
    /// `recording` once more, for `step`: without it the compiler counts a reference up and down in every call,
    /// which is a quarter of its cost. Sound because `self` holds `recording` for as long as a call lasts.
    let unretainedRecording: Unmanaged<Recording>?
    let shipment: Shipment?
    /// Samples the machine for as long as the run is held and has not ended.
    let system: SystemSampling?
    let mode: Settings.Mode
    let logger: Logger

    init(
        _ description: RunDescription, recording: Recording?, shipment: Shipment?,
        system: SystemSampling? = nil, mode: Settings.Mode, logger: Logger
    ) {
        id = description.runID
        model = description.model.name
        modelVersion = description.model.version.isEmpty ? nil : description.model.version
        modelID = description.model.id
        project = description.project
        name = description.name
        attempt = Int(description.life.attempt)
        rank = Int(description.life.rank)
        isEnabled = recording != nil
        self.recording = recording
        unretainedRecording = recording.map(Unmanaged.passUnretained)
        self.shipment = shipment
        self.system = system
        self.mode = mode
        self.logger = logger
    }
}
