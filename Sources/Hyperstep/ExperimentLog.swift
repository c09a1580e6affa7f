import HyperstepClock
import HyperstepRecorder
import HyperstepWire
import Logging
import NIOConcurrencyHelpers

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// All that is known of one experiment, and the rows made of it.
final class ExperimentLog: Sendable {
    /// What a call adds.
    struct Change {
        var parameters: [String: ParameterValue] = [:]
        var metrics: [String: Double] = [:]
        var end: Experiment.Status?
    }

    private struct State {
        /// Members of JSON objects, by their keys.
        var parameters: [String: [UInt8]] = [:]
        var metrics: [String: [UInt8]] = [:]
        var status = "running"
        var isOver = false

        var bytes: Int {
            (parameters.values.map(\.count) + metrics.values.map(\.count)).reduce(0) { $0 + $1 + 1 }
        }
    }

    /// With ids and names beside it a row stays within the recorder's 16 KiB.
    static let limit = 13 * 1024

    let id: UUID
    private let modelID: UUID
    private let worker: String
    private let gpu: String
    private let state = NIOLockedValueBox(State())

    init(
        id: UUID, modelID: UUID, worker: String, gpu: String, parameters: [String: ParameterValue],
        _ logger: Logger
    ) {
        self.id = id
        self.modelID = modelID
        self.worker = worker.truncated(toBytes: WireLimits.maxNameBytes)
        self.gpu = gpu.truncated(toBytes: WireLimits.maxNameBytes)
        state.withLockedValue { Self.set(parameters, in: &$0, logger) }
    }

    /// Records a row of what is known with this change; nothing once the experiment has ended.
    ///
    /// The lock is held until the row is in the ring, so that rows come in the order of what they say.
    func add(_ change: Change, to recording: Recording, _ logger: Logger) {
        state.withLockedValue { state in
            guard !state.isOver else { return }
            Self.set(change.parameters, in: &state, logger)
            for (key, value) in change.metrics.sorted(by: { $0.key < $1.key }) {
                Self.set(\.metrics, key, .double(value), in: &state, logger)
            }
            if let end = change.end {
                state.status = end.rawValue
                state.isOver = true
            }
            recording.record(row(state))
        }
    }

    private static func set(
        _ parameters: [String: ParameterValue], in state: inout State, _ logger: Logger
    ) {
        for (key, value) in parameters.sorted(by: { $0.key < $1.key }) {
            set(\.parameters, key, value, in: &state, logger)
        }
    }

    private static func set(
        _ object: WritableKeyPath<State, [String: [UInt8]]>, _ key: String, _ value: ParameterValue,
        in state: inout State, _ logger: Logger
    ) {
        let before = state[keyPath: object][key]
        do {
            let member = try ParameterJSON.member(key, value, limit: limit)
            state[keyPath: object][key] = member
            guard state.bytes > limit else { return }
        } catch {}
        state[keyPath: object][key] = before
        logger.warning(
            "a parameter or metric of an experiment is not recorded: all of them take at most \(limit) bytes of JSON",
            metadata: ["name": "\(key.shortened)"])
    }

    private func row(_ state: State) -> ExperimentEvent {
        ExperimentEvent(
            time: max(0, SystemClock.wall), experimentID: id, modelID: modelID,
            parametersJSON: Self.object(state.parameters), metricsJSON: Self.object(state.metrics),
            status: state.status, workerID: worker, gpuID: gpu)
    }

    private static func object(_ members: [String: [UInt8]]) -> String {
        ParameterJSON.object(members.sorted { $0.key < $1.key }.map(\.value))
    }
}
