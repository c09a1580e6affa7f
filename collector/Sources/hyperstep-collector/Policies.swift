import ArgumentParser

struct Policies: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Chunks, compression, aggregates and retention.", subcommands: [PoliciesStatus.self])
}
