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
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// All that is known of one experiment, and the rows made of it.
final class ExperimentLog: Sendable {
    /// What a call adds.
    struct Change {
        var parameters: [String: ParameterValue] = [:]
        var metrics: [String: Double] = [:]
        var end: Experiment.Status?
    }

    /// Parameters and metrics for which a change had no room.
    private struct LeftOut {
        var count = 0
        /// Names that were not logged yet.
        var news: [String] = []
    }

    private struct State {
        /// Members of JSON objects, by their keys.
        var parameters: [String: [UInt8]] = [:]
        var metrics: [String: [UInt8]] = [:]
        var status = running
        var isOver = false
        /// Names of what had no room.
        var leftOut = SaidNames()

        private static let running = "running"

        private var bytes: Int {
            (parameters.values.map(\.count) + metrics.values.map(\.count)).reduce(0) { $0 + $1 + 1 }
        }

        /// Returns how much had no room, and the names of those of it that were not logged yet.
        mutating func take(_ change: Change) -> LeftOut {
            var leftOut: [String] = []
            for (key, value) in change.parameters.sorted(by: { $0.key < $1.key })
            where !set(\.parameters, key, value) { leftOut.append(key) }
            for (key, value) in change.metrics.sorted(by: { $0.key < $1.key })
            where !set(\.metrics, key, .double(value)) { leftOut.append(key) }
            if let end = change.end {
                // The first end holds, also where its row was dropped and it comes again.
                if status == Self.running { status = end.rawValue }
                isOver = true
            }
            return LeftOut(count: leftOut.count, news: leftOut.filter { self.leftOut.isNews($0) })
        }

        private mutating func set(
            _ object: WritableKeyPath<State, [String: [UInt8]]>, _ key: String, _ value: ParameterValue
        ) -> Bool {
            guard let member = try? ParameterJSON.member(key, value, limit: limit) else { return false }
            let before = self[keyPath: object][key]
            self[keyPath: object][key] = member
            if bytes <= limit { return true }
            self[keyPath: object][key] = before
            return false
        }
    }

    /// With ids and names beside it a row stays within the recorder's 16 KiB.
    static let limit = 13 * 1024

    let id: UUID
    private let modelID: UUID
    private let worker: String
    private let gpu: String
    private let state = NIOLockedValueBox(State())
    /// How many of the parameters that it was made with were left out.
    let leftOutAtStart: Int

    init(
        id: UUID, modelID: UUID, worker: String, gpu: String, parameters: [String: ParameterValue],
        _ logger: Logger
    ) {
        self.id = id
        self.modelID = modelID
        self.worker = worker.truncated(toBytes: WireLimits.maxNameBytes)
        self.gpu = gpu.truncated(toBytes: WireLimits.maxNameBytes)
        let leftOut = state.withLockedValue { $0.take(Change(parameters: parameters)) }
        leftOutAtStart = leftOut.count
        Self.warn(of: leftOut, logger)
    }

    /// Whether a row that says how it ended is recorded.
    var isOver: Bool { state.withLockedValue(\.isOver) }

    /// Records a row of what is known with this change; nothing once the experiment has ended.
    ///
    /// The lock is held until the row is in the ring or in the queue before it, so that rows come in the order of what
    /// they say. It is not held while there is no room: the end of the run takes it. What has no room at the deadline is
    /// dropped and counted.
    func add(
        _ change: Change, to recording: Recording, until deadline: ContinuousClock.Instant? = nil,
        _ logger: Logger
    ) {
        while true {
            let leftOut = state.withLockedValue { state -> LeftOut? in
                guard !state.isOver else { return LeftOut() }
                var changed = state
                let leftOut = changed.take(change)
                let outcome = recording.record(row(changed), mayWait: deadline != nil)
                if outcome == .noRoomNow { return nil }
                state = changed
                // A later row says the values again; the end has to be tried again, at the latest when the run ends.
                if outcome == .dropped { state.isOver = false }
                return leftOut
            }
            if let leftOut {
                recording.noteLeftOut(leftOut.count)
                return Self.warn(of: leftOut, logger)
            }
            if let deadline, ContinuousClock.now >= deadline {
                return recording.recorder.experiments.countDrop()
            }
            usleep(1_000)
        }
    }

    /// Without the lock: a log handler may do anything.
    private static func warn(of leftOut: LeftOut, _ logger: Logger) {
        for key in leftOut.news {
            logger.warning(
                "a parameter or metric of an experiment is not recorded: all of them take at most \(limit) bytes of JSON",
                metadata: ["name": "\(key.shortened)"])
        }
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
