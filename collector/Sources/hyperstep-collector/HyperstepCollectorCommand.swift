import ArgumentParser
import HyperstepCollector

@main
struct HyperstepCollectorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hyperstep-collector",
        abstract: "Takes metrics of Swift programs and commits them to TimescaleDB, each exactly once.",
        version: CollectorVersion.current,
        subcommands: [Serve.self, Migrate.self, Policies.self, Doctor.self, Replay.self])
}
