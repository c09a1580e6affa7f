import ArgumentParser
import Foundation
import HyperstepCollector
import HyperstepPolicies

struct PoliciesApply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Bring the database to what is declared.",
        discussion: """
            Asks on a terminal before anything that drops data; without a terminal such changes need --yes. A \
            change that fails is reported, the others are made, and the exit status is 1.
            """)

    @Flag(help: "Make changes that drop data without asking.")
    var yes = false

    @Option(help: "How to report: text or json.")
    var format = ReportFormat.text

    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let command = try await settings.policies()
        let planned = try await command.plan()
        let changes = planned.plan.changes
        let mayDrop = yes || confirm(changes.filter(\.dropsData))
        let width = PlanReport.width(changes)
        let isText = format == .text
        let outcomes = try await command.apply(planned.plan, mayDrop: mayDrop) { outcome in
            guard isText else { return }
            let reason = outcome.result.reason.map { ": \($0)" } ?? ""
            print("\(PlanReport.line(outcome.change, width: width))  \(outcome.result.word)\(reason)")
        }
        if isText {
            if changes.isEmpty { print("the database has what is declared") }
            for note in planned.plan.notes { print("note: \(note)") }
        } else {
            print(PlanReport(edition: planned.edition, plan: planned.plan, outcomes: outcomes).json)
        }
        if outcomes.contains(where: { $0.result != .done }) { throw ExitCode(1) }
    }

    /// Whether a person at the terminal agrees. The question goes to standard error: standard output is the
    /// report's.
    private func confirm(_ drops: [PolicyChange]) -> Bool {
        guard !drops.isEmpty, isatty(STDIN_FILENO) != 0 else { return false }
        var question = "These changes drop data:\n"
        for change in drops { question += "  \(change)\n    \(PlanReport.lossLine(change))\n" }
        question += "Make them? Type yes: "
        FileHandle.standardError.write(Data(question.utf8))
        return readLine(strippingNewline: true) == "yes"
    }
}
