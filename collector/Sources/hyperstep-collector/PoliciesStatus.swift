import ArgumentParser
import HyperstepCollector
import HyperstepPolicies

struct PoliciesStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what the tables hold, how far aggregates are computed, and how jobs fare.",
        discussion: "Rows are estimated; ~ stands before what else is.")

    @Option(help: "How to report: text or json.")
    var format = ReportFormat.text

    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let settings = try await settings.read()
        let status = try await StatusCommand(url: settings.databaseURL).run()
        switch format {
        case .text: print(status.text)
        case .json: print(status.json)
        }
    }
}
