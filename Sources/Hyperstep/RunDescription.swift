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

/// What a run is: the names it was started with, checked.
struct RunDescription: Sendable {
    let project: String
    let name: String
    let model: Model
    let runID: UUID
    let life: RunLife

    /// - Throws: ``StartError`` for the first name that cannot be stored.
    init(
        project: String, name: String, model: String, modelVersion: String?, id: UUID?,
        life: RunLife = RunLife()
    ) throws(StartError) {
        self.project = try Self.checked(project, "project")
        self.name = try Self.checked(name, "name")
        let version = if let modelVersion { try Self.checked(modelVersion, "modelVersion") } else { "" }
        self.model = Model(
            id: ModelID.of(name: try Self.checked(model, "model"), version: modelVersion),
            name: model, version: version)
        runID = id ?? UUID()
        self.life = life
    }

    private static func checked(_ text: String, _ setting: String) throws(StartError) -> String {
        guard (1...WireLimits.maxNameBytes).contains(text.utf8.count) else {
            throw StartError(
                setting, "has \(text.utf8.count) bytes, expected 1 to \(WireLimits.maxNameBytes)",
                advice: text.isEmpty
                    ? "give it a name" : "shorten it, and put the rest into tags or parameters"
            )
        }
        guard !text.hasControlCharacters else {
            throw StartError(
                setting, "holds a control character, expected text of one line", advice: "remove it")
        }
        return text
    }

    var identity: RecorderIdentity {
        RecorderIdentity(
            modelID: model.id, runID: runID, attempt: life.attempt, rank: life.rank, project: project, runName: name, modelName: model.name,
            sdk: sdkName)
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

extension String {
    /// Whether the text holds one of U+0000 to U+001F or U+007F.
    var hasControlCharacters: Bool { utf8.contains { $0 < 0x20 || $0 == 0x7F } }
}
