public import Hyperstep
import HyperstepWire

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// What came of one run.
public struct RecordedRun: Sendable, Identifiable, Hashable {
    /// How a run stands: what its processes said. That one has crashed a collector concludes from their silence, and this
    /// one does not.
    public enum Status: Sendable, Hashable {
        /// It was not said that it ended.
        case running
        /// It ended as it was meant to.
        case finished
        /// It ended by an error of its own, for this reason.
        case failed(String)
        /// It was ended from outside, for this reason.
        case killed(String)
    }

    /// The run.
    public let id: UUID
    /// What it belongs to; empty until its start is known.
    public internal(set) var project = ""
    /// What people call it; empty until its start is known.
    public internal(set) var name = ""
    /// The name of the model; empty until its start is known.
    public internal(set) var model = ""
    /// The model's version, where it has one.
    public internal(set) var modelVersion: String?
    /// Its parameters, those that were added later too. Numbers that JSON does not have are the strings that
    /// ``ParameterValue/double(_:)`` names.
    public internal(set) var parameters: [String: ParameterValue] = [:]
    /// Its labels.
    public internal(set) var tags: [String] = []
    /// How it stands.
    public internal(set) var status = Status.running
    /// The newest attempt of which anything came, from 0: a resume begins the next.
    public internal(set) var attempt = 0
    /// The first step that the newest attempt does anew, as its start said: steps from this one on replace those of
    /// earlier attempts. Nil until a resumed attempt has started.
    public internal(set) var fromStep: Int?
    /// Its steps, in the order in which they came.
    public internal(set) var steps: [RecordedStep] = []
    /// The values of its metrics by name, each in the order in which they came.
    public internal(set) var metrics: [String: [RecordedScalar]] = [:]
    /// The units of its metrics by name, where one was given.
    public internal(set) var units: [String: String] = [:]

    init(id: UUID) {
        self.id = id
    }

    mutating func add(_ scalar: RecordedScalar, _ metric: HyperstepWire.Metric) {
        metrics[metric.name, default: []].append(scalar)
        if !metric.unit.isEmpty, units[metric.name] == nil { units[metric.name] = metric.unit }
    }

    /// What the collector makes of it: the newest attempt says how the run stands, and of its processes rank 0, or one
    /// that did not end well.
    mutating func apply(_ event: RunEvent) {
        let isNewest = Int(event.attempt) >= attempt
        if Int(event.attempt) > attempt { status = .running }
        attempt = max(attempt, Int(event.attempt))
        let leads = event.rank == 0
        switch event.event {
        case .started(let started):
            add(parametersJSON: started.parametersJSON, tags: started.tags)
            if isNewest, let step = started.fromStep { fromStep = Int(clamping: step) }
            // An earlier attempt that comes late fills gaps only.
            guard leads, isNewest || project.isEmpty else { return }
            if isNewest { status = .running }
            project = started.project
            name = started.name
            model = started.model.name
            modelVersion = started.model.version.isEmpty ? nil : started.model.version
        case .changed(let parametersJSON, let tags): add(parametersJSON: parametersJSON, tags: tags)
        case .heartbeat: break
        case .finished(let status, let reason):
            guard isNewest, leads || status == .failed || status == .killed else { return }
            self.status =
                switch status {
                case .finished, .unspecified: .finished
                case .failed: .failed(reason)
                case .killed: .killed(reason)
                }
        }
    }

    private mutating func add(parametersJSON: String, tags: [String]) {
        parameters.merge(ParameterReading.object(parametersJSON)) { $1 }
        self.tags += tags.filter { !self.tags.contains($0) }
    }
}
