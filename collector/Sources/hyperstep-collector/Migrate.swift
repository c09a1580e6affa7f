import ArgumentParser
import HyperstepCollector
import Logging

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Bring the database to this collector's schema; safe to run again, and from several at once.")

    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let settings = try await settings.read()
        let logger = Logger.collector(level: settings.logLevel)
        let command = MigrateCommand(
            url: settings.databaseURL, policies: try settings.policies(), logger: logger)
        let applied = try await command.run()
        print(
            applied.isEmpty ? "the schema is current" : "the schema is current now: applied \(applied.count)")
    }
}
