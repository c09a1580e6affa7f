import Configuration
import HyperstepPostgres
import Logging
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Reads the collector's settings: flags over environment over one YAML file over defaults.
public struct SettingsReader: Sendable {
    private let reader: ConfigReader

    /// - Parameters:
    ///   - flags: what the command line gave.
    ///   - environment: the process's, unless a test brings its own.
    ///   - file: the path given by `--config`.
    /// - Throws: ``SettingsError`` for a file that cannot be read, or that holds a key nobody knows.
    public init(
        flags: [SettingKey: String],
        environment: [String: String]? = nil,
        file: String? = nil
    ) async throws(SettingsError) {
        let flagged = flags.map { key, value in
            (
                AbsoluteConfigKey(Self.components(key)),
                ConfigValue(.string(value), isSecret: key.isSecret)
            )
        }
        // An empty variable is how a shell or a compose file says that something is not set.
        let variables = (environment ?? ProcessInfo.processInfo.environment).filter {
            $0.key.hasPrefix("HYPERSTEP_") && !$0.value.isEmpty
        }
        var providers: [any ConfigProvider] = [
            InMemoryProvider(name: "flags", values: Dictionary(uniqueKeysWithValues: flagged)),
            EnvironmentVariablesProvider(
                environmentVariables: variables,
                secretsSpecifier: .specific(
                    Set(SettingKey.allCases.filter(\.isSecret).map(\.variable)))
            ).prefixKeys(with: "hyperstep"),
        ]
        if let file { providers.append(try await Self.provider(file)) }
        reader = ConfigReader(providers: providers)
    }

    private static func components(_ key: SettingKey) -> [String] {
        key.name.split(separator: ".").map(String.init)
    }

    private static func provider(_ file: String) async throws(SettingsError) -> FileProvider<YAMLSnapshot> {
        // The parser asks about every key whether it is a secret: that is how all of them become known.
        let keys = KeyList()
        let options = YAMLSnapshot.ParsingOptions(
            secretsSpecifier: .dynamic { key, _ in
                keys.names.withLock { $0.append(key) }
                return SettingKey(rawValue: key)?.isSecret ?? false
            })
        let provider: FileProvider<YAMLSnapshot>
        do {
            let path = InMemoryProvider(values: ["filePath": .init(.string(file), isSecret: false)])
            provider = try await FileProvider<YAMLSnapshot>(
                parsingOptions: options, config: ConfigReader(provider: path))
        } catch {
            throw SettingsError(file: file, "cannot be read as YAML with settings at its top level")
        }
        let lone = ConfigReader(provider: provider)
        for name in keys.names.withLock({ $0 }) {
            guard let key = SettingKey(rawValue: name) else {
                throw SettingsError(
                    file: file, "no setting is called \(name); the nearest is \(SettingKey.nearest(to: name))"
                )
            }
            guard lone.string(forKey: ConfigKey(components(key))) != nil else {
                throw SettingsError(key, "expected one value, got a list")
            }
        }
        return provider
    }

    private final class KeyList: Sendable {
        let names = Mutex<[String]>([])
    }

    /// The settings, checked.
    ///
    /// - Throws: ``SettingsError`` that names the setting at fault.
    public func settings() throws(SettingsError) -> CollectorSettings {
        var settings = CollectorSettings(databaseURL: try databaseURL())
        settings.databaseURL.schema =
            try value(.databaseSchema, PostgresSchema.expectation) { PostgresSchema($0) }
            ?? CollectorSettings.Defaults.databaseSchema
        settings.listen = try listenAddress() ?? settings.listen
        settings.writers = try number(.writers) ?? settings.writers
        settings.batchRows = try number(.batchRows) ?? settings.batchRows
        settings.batchMilliseconds = try number(.batchMilliseconds) ?? settings.batchMilliseconds
        settings.directCompress =
            try value(.directCompress, "auto or off") { DirectCompress(rawValue: $0) }
            ?? settings.directCompress
        settings.runsMetricNames = try number(.runsMetricNames) ?? settings.runsMetricNames
        settings.servicesSeries = try number(.servicesSeries) ?? settings.servicesSeries
        settings.bodyBytes = try number(.bodyBytes) ?? settings.bodyBytes
        settings.inFlightBytes = try number(.inFlightBytes) ?? settings.inFlightBytes
        settings.shutdownSeconds = try number(.shutdownSeconds) ?? settings.shutdownSeconds
        settings.runsCrashedAfterSeconds =
            try number(.runsCrashedAfterSeconds) ?? settings.runsCrashedAfterSeconds
        settings.policiesFile = text(.policiesFile)
        settings.policiesDatabaseURL = try text(.policiesDatabaseURL).map { text throws(SettingsError) in
            try url(.policiesDatabaseURL, text)
        }
        // The same database with another login.
        settings.policiesDatabaseURL?.schema = settings.databaseURL.schema
        settings.policiesReconcileSeconds =
            try number(.policiesReconcileSeconds) ?? settings.policiesReconcileSeconds
        settings.logLevel =
            try value(.logLevel, "the name of a level") { Logger.Level(rawValue: $0) } ?? settings.logLevel
        try settings.validate()
        return settings
    }

    private func databaseURL() throws(SettingsError) -> PostgresURL {
        guard let text = text(.databaseURL) else {
            throw SettingsError(.databaseURL, "not given: the collector needs a TimescaleDB database")
        }
        return try url(.databaseURL, text)
    }

    private func url(_ key: SettingKey, _ text: String) throws(SettingsError) -> PostgresURL {
        do throws(PostgresError) {
            return try PostgresURL(text, setting: key.flag)
        } catch {
            throw SettingsError(key, error.message)
        }
    }

    private func listenAddress() throws(SettingsError) -> ListenAddress? {
        guard let text = text(.listen) else { return nil }
        do throws(ListenAddressError) {
            return try ListenAddress(text)
        } catch {
            throw SettingsError(.listen, error.description)
        }
    }

    private func text(_ key: SettingKey) -> String? {
        reader.string(forKey: ConfigKey(Self.components(key)), isSecret: key.isSecret)
    }

    private func number(_ key: SettingKey) throws(SettingsError) -> Int? {
        try value(key, "a whole number") { Int($0) }
    }

    private func value<Value>(
        _ key: SettingKey, _ expected: String, _ read: (String) -> Value?
    ) throws(SettingsError) -> Value? {
        guard let text = text(key) else { return nil }
        guard let value = read(text) else {
            throw SettingsError(key, "expected \(expected), got \"\(text)\"")
        }
        return value
    }
}
