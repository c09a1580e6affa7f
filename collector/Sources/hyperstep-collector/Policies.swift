import ArgumentParser
import HyperstepCollector
import HyperstepPolicies

struct Policies: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Compression, aggregates, retention and chunk sizes: what is declared, and what the database has.",
        subcommands: [PoliciesPlan.self, PoliciesApply.self, PoliciesStatus.self, PoliciesRefresh.self])
}

/// How a report is printed.
enum ReportFormat: String, ExpressibleByArgument, CaseIterable { case text, json }

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

struct PoliciesRefresh: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh",
        abstract: "Compute a window of an aggregate anew, and of the one it is made from.",
        discussion: """
            Times are as PostgreSQL reads them: 2026-01-31, "2026-01-31 18:00+01", yesterday. The window is \
            widened to whole buckets. Buckets whose rows are gone by retention are left as they are.
            """)

    @Argument(
        help: "One of \(Aggregate.allCases.map(\.name).joined(separator: ", ")).",
        transform: { name in
            guard let aggregate = Aggregate(rawValue: name) else {
                throw ValidationError("there is no aggregate \(name)")
            }
            return aggregate
        })
    var aggregate: Aggregate

    @Option(help: "Where the window begins (default: with the oldest row).")
    var from: String?

    @Option(help: "Where it ends, not included (default: with the newest row).")
    var to: String?

    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        try await settings.policies().refresh(aggregate, from: from, to: to)
        print("\(aggregate.name) is up to date")
    }
}
