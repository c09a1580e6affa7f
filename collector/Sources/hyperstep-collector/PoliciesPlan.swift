import ArgumentParser
import HyperstepCollector
import HyperstepPolicies

struct PoliciesPlan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what differs between the policy file and the database; changes nothing.")

    @Flag(help: "Print the statements of each change.")
    var sql = false

    @Option(help: "How to report: text or json.")
    var format = ReportFormat.text

    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let planned = try await settings.policies().plan()
        let report = PlanReport(edition: planned.edition, plan: planned.plan)
        print(format == .json ? report.json : report.text(sql: sql))
    }
}
