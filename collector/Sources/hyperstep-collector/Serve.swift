import ArgumentParser
import HyperstepCollector
import Logging

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take batches and commit them until SIGTERM, then commit what is left and exit 0.",
        discussion: """
            One of the collectors of a database also keeps its policies as declared. SIGHUP has it read the policy \
            file again.
            """)

    @OptionGroup var settings: SettingsOptions

    @Option(help: SettingsOptions.help(.listen))
    var listen: String?

    @Option(help: SettingsOptions.help(.writers))
    var writers: String?

    @Option(help: SettingsOptions.help(.batchRows))
    var batchRows: String?

    @Option(name: .customLong("batch-ms"), help: SettingsOptions.help(.batchMilliseconds))
    var batchMilliseconds: String?

    @OptionGroup var writing: WritingOptions

    @Option(help: SettingsOptions.help(.bodyBytes))
    var bodyBytes: String?

    @Option(name: .customLong("inflight-bytes"), help: SettingsOptions.help(.inFlightBytes))
    var inFlightBytes: String?

    @Option(help: SettingsOptions.help(.shutdownSeconds))
    var shutdownSeconds: String?

    @Option(name: .customLong("policies-database-url"), help: SettingsOptions.help(.policiesDatabaseURL))
    var policiesDatabaseURL: String?

    @Option(help: SettingsOptions.help(.policiesReconcileSeconds))
    var policiesReconcileSeconds: String?

    @Option(help: SettingsOptions.help(.runsCrashedAfterSeconds))
    var runsCrashedAfterSeconds: String?

    @Flag(help: "Bring the database to this collector's schema first, waiting for it if need be.")
    var migrate = false

    func run() async throws {
        let settings = try await settings.read(
            SettingsOptions.given([
                .listen: listen, .writers: writers, .batchRows: batchRows,
                .batchMilliseconds: batchMilliseconds,
                .bodyBytes: bodyBytes, .inFlightBytes: inFlightBytes, .shutdownSeconds: shutdownSeconds,
                .policiesDatabaseURL: policiesDatabaseURL,
                .policiesReconcileSeconds: policiesReconcileSeconds,
                .runsCrashedAfterSeconds: runsCrashedAfterSeconds,
            ]).merging(writing.flags) { $1 })
        let logger = Logger.collector(level: settings.logLevel)
        try await ServeCommand(settings: settings, migrates: migrate, logger: logger).run()
    }
}

extension Logger {
    /// The collector's log: one line per event, to standard error.
    static func collector(level: Logger.Level) -> Logger {
        var logger = Logger(label: "hyperstep-collector") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        return logger
    }
}
