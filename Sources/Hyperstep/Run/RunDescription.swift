import HyperstepWire
import Logging

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

/// Names this SDK in what it records.
let sdkName = "hyperstep-swift/0.1.0"

/// Names this process in what it records of itself, its machine and its models.
let processInstance = UUID()

/// What a run is: the names it was started with, checked.
struct RunDescription: Sendable {
    let project: String
    let name: String
    let model: Model
    let runID: UUID
    /// Chosen last, once all else is checked: an attempt that was begun is not given back.
    var life = RunLife()

    /// - Throws: ``StartError`` for the first name that cannot be stored.
    init(
        project: String, name: String, model: String, modelVersion: String?, id: UUID?
    ) throws(StartError) {
        self.project = try project.checked(as: "project")
        self.name = try name.checked(as: "name")
        self.model = try Model(checking: model, version: modelVersion)
        runID = id ?? UUID()
    }

    var identity: RecorderIdentity {
        RecorderIdentity(
            modelID: model.id, runID: runID, attempt: life.attempt, rank: life.rank, project: project,
            runName: name, modelName: model.name, sdk: sdkName, instanceID: processInstance)
    }

    func started(parametersJSON: String, tags: [String]) -> RunEvent.Event {
        .started(
            RunStarted(
                project: project, name: name, model: model, parametersJSON: parametersJSON, tags: tags,
                host: Self.host, processID: UInt64(getpid()), sdk: sdkName,
                fromStep: life.fromStep))
    }

    /// The machine's name; empty where it has none that fits.
    private static var host: String {
        var name = [CChar](repeating: 0, count: WireLimits.maxNameBytes)
        guard gethostname(&name, name.count - 1) == 0 else { return "" }
        let host = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return host.utf8.count <= WireLimits.maxNameBytes ? host : ""
    }
}
