public import Hyperstep
import HyperstepWire

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// What came of one experiment: its rows, and how it stands as the newest of them says.
public struct RecordedExperiment: Sendable, Identifiable, Hashable {
    /// How an experiment stands.
    public enum Status: Sendable, Hashable {
        /// It was not said that it ended.
        case running
        /// It ended as it was meant to.
        case finished
        /// It ended by an error.
        case failed
        /// It was given up, since another one promised more.
        case stopped
        /// One that this version has no name for, as the contract calls it.
        case other(String)
    }

    /// The experiment.
    public let id: UUID
    /// Its rows, in the order in which they came.
    public private(set) var rows: [Row]
    /// The one that says how it stands: of the newest time, as the question "recent experiments" asks for it, and of
    /// several of one time the one that came last.
    private var newest: Row

    init(id: UUID, _ row: Row) {
        self.id = id
        rows = [row]
        newest = row
    }

    mutating func add(_ row: Row) {
        rows.append(row)
        if row.time >= newest.time { newest = row }
    }

    /// How it stands.
    public var status: Status { newest.status }
    /// What is tried: all its parameters, of each the newest value. Numbers that JSON does not have are the strings that
    /// ``ParameterValue/double(_:)`` names.
    public var parameters: [String: ParameterValue] { newest.parameters }
    /// What came of it: all its metrics, of each the newest value.
    public var metrics: [String: Double] { newest.metrics }
    /// Who works on it; nil where it was not said.
    public var worker: String? { newest.worker }
    /// On which accelerator; nil where it was not said.
    public var gpu: String? { newest.gpu }

    /// How an experiment stood at one moment: a row of the table `experiments`.
    public struct Row: Sendable, Hashable {
        /// When it was recorded.
        public let time: Date
        /// How it stood.
        public let status: Status
        /// All parameters up to then, of each the newest value.
        public let parameters: [String: ParameterValue]
        /// All metrics up to then, of each the newest value; NaN and infinities too.
        public let metrics: [String: Double]
        /// Who works on it; nil where it was not said.
        public let worker: String?
        /// On which accelerator; nil where it was not said.
        public let gpu: String?

        init(_ event: ExperimentEvent) {
            time = Date(nanoseconds: event.time)
            status = Status(event.status)
            parameters = ParameterReading.object(event.parametersJSON)
            metrics = ParameterReading.object(event.metricsJSON).compactMapValues(\.number)
            worker = event.workerID.isEmpty ? nil : event.workerID
            gpu = event.gpuID.isEmpty ? nil : event.gpuID
        }
    }
}

extension RecordedExperiment.Status {
    fileprivate init(_ name: String) {
        self =
            switch name {
            case "running": .running
            case "finished": .finished
            case "failed": .failed
            case "stopped": .stopped
            default: .other(name)
            }
    }
}

extension ParameterValue {
    /// A metric's value as the SDK writes it: a number, or the name of one that JSON does not have.
    fileprivate var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        case .string("NaN"): .nan
        case .string("Infinity"): .infinity
        case .string("-Infinity"): -.infinity
        default: nil
        }
    }
}
