import ArgumentParser
import HyperstepCollector
import HyperstepPolicies

struct PoliciesRefresh: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh",
        abstract: "Compute a window of an aggregate anew, and of the one it is made from.",
        discussion: """
            Times are as PostgreSQL reads them: 2026-01-31, "2026-01-31 18:00+01", yesterday. The window is \
            widened to whole buckets. Buckets whose rows are gone by retention are left as they are. On the Community \
            edition so are those younger than the declared refresh_end: rows still come into them, and a real-time \
            aggregate computes them when it is asked.
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

    @Option(help: "Where it ends, not included (default, and at the latest: refresh_end ago).")
    var to: String?

    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let end = try await settings.policies().refresh(aggregate, from: from, to: to)
        print(
            end.map { "\(aggregate.name) is computed until \($0)" } ?? "\(aggregate.name): nothing to compute"
        )
    }
}
