import ArgumentParser
import Foundation
import HyperstepCollector

/// The flags that set settings. Each goes over the environment, which goes over the file.
struct SettingsOptions: ParsableArguments {
    @Option(help: "A YAML file with settings.")
    var config: String?

    @Option(help: help(.databaseURL))
    var databaseURL: String?

    @Option(help: help(.databaseSchema))
    var databaseSchema: String?

    @Option(help: help(.policiesFile))
    var policiesFile: String?

    @Option(help: help(.logLevel))
    var logLevel: String?

    var flags: [SettingKey: String] {
        Self.given([
            .databaseURL: databaseURL, .databaseSchema: databaseSchema, .policiesFile: policiesFile,
            .logLevel: logLevel,
        ])
    }

    /// A setting's line in `--help`.
    static func help(_ key: SettingKey) -> ArgumentHelp {
        "\(key.summary) (default: \(key.defaultText); environment: \(key.variable))"
    }

    static func given(_ flags: [SettingKey: String?]) -> [SettingKey: String] {
        flags.compactMapValues { $0 }
    }

    /// The command that works on policies, with the policy file read.
    func policies() async throws -> PoliciesCommand {
        let settings = try await read()
        return PoliciesCommand(url: settings.databaseURL, declared: try settings.policies())
    }

    /// All settings, from everywhere.
    ///
    /// - Throws: where one is wrong, the exit status of a wrong argument, and the reason is on standard error.
    func read(_ more: [SettingKey: String] = [:]) async throws -> CollectorSettings {
        let flags = flags.merging(more) { $1 }
        do {
            return try await SettingsReader(flags: flags, file: config).settings()
        } catch {
            // Not a ValidationError: the usage of a command of twenty options is no answer to one wrong value.
            FileHandle.standardError.write(Data("Error: \(error)\n".utf8))
            throw ExitCode.validationFailure
        }
    }
}
