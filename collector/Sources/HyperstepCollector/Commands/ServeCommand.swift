import HyperstepPolicies
public import Logging
import ServiceLifecycle
import UnixSignals

/// Takes batches and commits them until it is told to stop: `hyperstep-collector serve`.
public struct ServeCommand: Sendable {
    private let settings: CollectorSettings
    private let migrates: Bool
    private let logger: Logger

    /// - Parameter migrates: bring the database to this collector's schema first.
    public init(settings: CollectorSettings, migrates: Bool, logger: Logger) {
        self.settings = settings
        self.migrates = migrates
        self.logger = logger
    }

    /// Runs until SIGTERM or SIGINT, then drains and returns.
    ///
    /// A database that is not there, or not migrated, is waited for; meanwhile producers are answered 503.
    ///
    /// - Throws: `PolicyErrors` before anything is begun, if the policy file is wrong.
    public func run() async throws {
        let policies = try settings.policies()
        var configuration = ServiceGroupConfiguration(
            services: try await services(policies), gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        // The services keep to their own time; this is for one that does not.
        configuration.maximumGracefulShutdownDuration = .seconds(2 * settings.shutdownSeconds + 10)
        try await ServiceGroup(configuration: configuration).run()
    }

    /// The parts of a collector, in the order in which they start; they stop in the opposite one: first nobody
    /// new is let in, then what came in is committed.
    private func services(
        _ policies: PolicySet
    ) async throws -> [ServiceGroupConfiguration.ServiceConfiguration] {
        let ingest = Ingest(url: settings.databaseURL, options: settings.ingestOptions, logger: logger)
        let shutdownTimeout = Duration.seconds(settings.shutdownSeconds)
        let listener = try await CollectorListener.bind(
            ListenerSettings(settings), sink: ingest,
            readiness: DatabaseReadiness(url: settings.databaseURL, ingest: ingest),
            runs: DatabaseRuns(url: settings.databaseURL), logger: logger)
        var services = [
            ServiceGroupConfiguration.ServiceConfiguration(
                service: IngestService(ingest: ingest, shutdownTimeout: shutdownTimeout, logger: logger)),
            .init(service: listener),
            .init(service: policyService(policies)),
            .init(
                service: CrashWatchService(
                    url: settings.databaseURL, silence: .seconds(settings.runsCrashedAfterSeconds),
                    logger: logger)),
        ]
        if migrates {
            let command = MigrateCommand(
                url: settings.databaseURL, policies: policies, logger: logger)
            services.append(
                .init(
                    service: MigrateService(command: command, logger: logger),
                    successTerminationBehavior: .ignore))
        }
        return services
    }

    private func policyService(_ policies: PolicySet) -> PolicyService {
        var reread: (@Sendable () throws(PolicyErrors) -> PolicySet)?
        if settings.policiesFile != nil {
            reread = { [settings] () throws(PolicyErrors) in try settings.policies() }
        }
        return PolicyService(
            url: settings.policiesDatabaseURL ?? settings.databaseURL,
            every: .seconds(settings.policiesReconcileSeconds), declared: policies,
            reread: reread, logger: logger)
    }
}
