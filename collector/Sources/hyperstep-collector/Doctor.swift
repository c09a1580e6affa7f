import ArgumentParser
import HyperstepCollector
import HyperstepPolicies

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look for what is wrong with the database and its policies, and say what to do.",
        discussion: "Changes nothing. Exits 1 if anything is worse than a warning.")

    @Option(help: "How to report: text or json.")
    var format = ReportFormat.text

    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let settings = try await settings.read()
        let report = try await DoctorCommand(url: settings.databaseURL, policies: try settings.policies())
            .run()
        switch format {
        case .text: print(report.text)
        case .json: print(report.json)
        }
        if !report.isHealthy { throw ExitCode(1) }
    }
}
