import Foundation
import HyperstepPolicies
import HyperstepPostgres
import Logging
import Testing

@testable import HyperstepCollector

@Suite("Settings")
struct SettingsTests {
    private static let url = "postgresql://me:hunter2@db/metrics"

    private func read(
        flags: [SettingKey: String] = [.databaseURL: url], environment: [String: String] = [:],
        yaml: String? = nil
    ) async throws -> CollectorSettings {
        var path: String?
        if let yaml {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent(
                "hyperstep-\(UUID()).yaml"
            ).path
            try yaml.write(toFile: file, atomically: true, encoding: .utf8)
            path = file
        }
        defer { if let path { try? FileManager.default.removeItem(atPath: path) } }
        return try await SettingsReader(flags: flags, environment: environment, file: path).settings()
    }

    private func refusal(
        flags: [SettingKey: String] = [.databaseURL: url], environment: [String: String] = [:],
        yaml: String? = nil
    ) async -> String {
        do {
            _ = try await read(flags: flags, environment: environment, yaml: yaml)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test("With a database alone everything else has its default")
    func defaults() async throws {
        let settings = try await read()
        #expect(settings.listen.description == "127.0.0.1:4319")
        #expect(settings.batchRows == 50_000)
        #expect(settings.databaseURL.displayName == "db:5432/metrics")
    }

    @Test("The schema is given by flag, variable and file like every setting, and is public without")
    func schema() async throws {
        let yaml = "database: {url: \"postgresql://file/file\", schema: from_file}"
        #expect(try await read().databaseURL.schema == .standard)
        #expect(try await read(yaml: yaml).databaseURL.schema.name == "from_file")
        let environment = ["HYPERSTEP_DATABASE_SCHEMA": "from_environment"]
        let named = try await read(environment: environment, yaml: yaml)
        #expect(named.databaseURL.schema.name == "from_environment")
        let flags: [SettingKey: String] = [.databaseURL: Self.url, .databaseSchema: "from_flag"]
        let flagged = try await read(flags: flags, environment: environment, yaml: yaml)
        #expect(flagged.databaseURL.schema.name == "from_flag")
    }

    @Test("The login that keeps the policies looks for the tables in the schema of the other one")
    func schemaOfPolicies() async throws {
        let flags: [SettingKey: String] = [
            .databaseURL: Self.url, .databaseSchema: "hyperstep",
            .policiesDatabaseURL: "postgresql://owner@db/metrics",
        ]
        #expect(try await read(flags: flags).policiesDatabaseURL?.schema.name == "hyperstep")
    }

    @Test("A flag goes over the environment, which goes over the file")
    func precedence() async throws {
        let yaml = """
            database: {url: "postgresql://file/file"}
            listen: "127.0.0.1:1"
            batch:
              rows: 1
              ms: 1
            writers: 3
            """
        let settings = try await read(
            flags: [.batchRows: "3"],
            environment: [
                "HYPERSTEP_BATCH_ROWS": "2", "HYPERSTEP_BATCH_MS": "2", "HYPERSTEP_DATABASE_URL": Self.url,
                "HYPERSTEP_LISTEN": "",
            ], yaml: yaml)
        #expect(settings.batchRows == 3)
        #expect(settings.batchMilliseconds == 2)
        #expect(settings.listen.port == 1)
        #expect(settings.writers == 3)
        #expect(settings.databaseURL.displayName == "db:5432/metrics")
    }

    @Test("An unknown key of the file is refused with its name and the nearest one")
    func unknownKey() async {
        let reason = await refusal(yaml: "batch:\n  row: 5\n")
        #expect(reason.contains("batch.row;"))
        #expect(reason.contains("batch.rows"))
    }

    @Test("A list where one value is expected is refused by name")
    func list() async {
        #expect(await refusal(yaml: "writers: [1, 2]\n").hasPrefix("writers: expected one value"))
    }

    @Test(
        "A file that is not there, or no YAML, is refused by its path", arguments: ["- 1\n- 2\n", "a: [\n"])
    func badFile(yaml: String) async {
        #expect(await refusal(yaml: yaml).contains("cannot be read as YAML"))
        await #expect(throws: SettingsError.self) {
            try await SettingsReader(flags: [:], environment: [:], file: "/nowhere/hyperstep.yaml")
        }
    }

    @Test(
        "A value that cannot be is refused with the setting's name, flag and variable",
        arguments: [
            (SettingKey.listen, "4319"), (.listen, "0.0.0.0:4319"), (.listen, "metrics.example:4319"),
            (.listen, "127.0.0.1:70000"), (.listen, "::1:4319"), (.writers, "0"), (.writers, "65"),
            (.writers, "two"),
            (.batchRows, "-1"), (.batchMilliseconds, "1e3"), (.bodyBytes, "12"), (.inFlightBytes, "1"),
            (.directCompress, "on"), (.shutdownSeconds, "forever"), (.logLevel, "loud"),
            (.databaseURL, "mysql://hunter2@db"), (.databaseSchema, "My Schema"),
            (.databaseSchema, "pg_mine"),
            (.databaseSchema, "a'; DROP SCHEMA public"),
        ])
    func badValue(key: SettingKey, value: String) async {
        let reason = await refusal(flags: [.databaseURL: Self.url].merging([key: value]) { $1 })
        #expect(reason.hasPrefix(key.name + ": "))
        #expect(reason.contains(key.flag) && reason.contains(key.variable))
        #expect(!reason.contains("hunter2"))
    }

    @Test("A missing database is named with every way to give it")
    func noDatabase() async {
        let reason = await refusal(flags: [:])
        #expect(reason.contains("--database-url") && reason.contains("HYPERSTEP_DATABASE_URL"))
    }

    @Test(
        "Loopback addresses of both families are taken",
        arguments: ["127.9.9.9:1", "[::1]:4319", "localhost:0"])
    func loopback(text: String) async throws {
        #expect(try await read(flags: [.databaseURL: Self.url, .listen: text]).listen.description == text)
    }

    @Test("Policies are those of the file that is named, and standard without one")
    func policies() async throws {
        #expect(try await read().policies() == .standard)
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("policies-\(UUID()).yaml")
            .path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try "hypertables: {run_metrics: {retention: 60 days}}".write(
            toFile: file, atomically: true, encoding: .utf8)
        let settings = try await read(yaml: "policies:\n  file: \(file)\n")
        #expect(try settings.policies()[.runMetrics].retention == .days(60))
    }

    @Test("A wrong policy file stops serve before it begins, with the file, the key and the reason")
    func wrongPolicies() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("policies-\(UUID()).yaml")
            .path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try "hypertables:\n  run_metrics:\n    retentoin: 60 days".write(
            toFile: file, atomically: true, encoding: .utf8)
        let settings = try await read(environment: ["HYPERSTEP_POLICIES_FILE": file])
        let command = ServeCommand(settings: settings, migrates: false, logger: Logger(label: "test"))
        let error = await #expect(throws: PolicyErrors.self) { try await command.run() }
        #expect(
            error?.description.hasPrefix("\(file):3: hypertables.run_metrics.retentoin: not known") == true)
        #expect(error?.description.contains("the nearest is retention") == true)
    }

    @Test("Settings never show the password")
    func noSecrets() async throws {
        var dumped = ""
        dump(try await read(), to: &dumped)
        #expect(!dumped.contains("hunter2"))
    }

    @Test("docs/collector-settings.md documents every setting with its ways, meaning and default")
    func documented() throws {
        let root = "\(#filePath)".split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }
        let page = try String(contentsOfFile: root + "/docs/collector-settings.md", encoding: .utf8)
        for key in SettingKey.allCases {
            let row =
                "| `\(key.name)` | `\(key.flag)` | \(key.commands) | `\(key.variable)` | \(key.summary) | \(key.defaultText) |"
            #expect(page.contains(row), "\(row)")
        }
    }
}
