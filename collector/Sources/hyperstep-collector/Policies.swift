import ArgumentParser

struct Policies: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Compression, aggregates, retention and chunk sizes: what is declared, and what the database has.",
        subcommands: [
            PoliciesPlan.self, PoliciesApply.self, PoliciesStatus.self, PoliciesRefresh.self,
        ])
}
