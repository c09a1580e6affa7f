public import HyperstepPolicies
public import HyperstepPostgres
public import Logging
import NIOPosix
import ServiceLifecycle

/// Brings a database to this collector's schema: `hyperstep-collector migrate`.
public struct MigrateCommand: Sendable {
    private let url: PostgresURL
    private let policies: PolicySet
    private let roles: RoleNames?
    private let logger: Logger

    /// The command for one database.
    ///
    /// - Parameters:
    ///   - policies: how aggregates that are missing are made.
    ///   - roles: made if missing; nil leaves roles as they are.
    public init(
        url: PostgresURL, policies: PolicySet = .standard, roles: RoleNames? = nil, logger: Logger
    ) {
        self.url = url
        self.policies = policies
        self.roles = roles
        self.logger = logger
    }

    /// How errors call the making of aggregates.
    static let aggregates = "making the aggregates"

    /// Applies what is missing, and makes the aggregates that are.
    ///
    /// - Returns: the names of the files applied and of the aggregates made; empty if there was nothing to do.
    /// - Throws: ``MigrationError`` or ``PostgresError``, whose descriptions say what to do.
    public func run() async throws -> [String] {
        let (applied, made) = try await NIOThreadPool.singleton.runIfActive {
            [url, policies, roles] () throws -> ([String], [String]) in
            var options = PostgresConnection.Options()
            options.applicationName = "hyperstep-collector migrate"
            // An index on a large table takes its time.
            options.operationTimeout = .seconds(3_600)
            options.session = ["statement_timeout": "0", "lock_timeout": "60s"]
            let connection = try PostgresConnection(url, options: options)
            let applied = try Migrator(connection, roles: roles).run()
            do throws(PostgresError) {
                return (applied, try MissingAggregates(connection).make(policies).map(\.name))
            } catch {
                throw MigrationError.failed(migration: Self.aggregates, error)
            }
        }
        for name in applied { logger.info("migrated", metadata: ["file": "\(name)"]) }
        for name in made { logger.info("made", metadata: ["aggregate": "\(name)"]) }
        return applied + made
    }
}

/// Migrates when a collector starts, waiting for the database if need be: `serve --migrate`.
struct MigrateService: Service {
    let command: MigrateCommand
    let logger: Logger

    func run() async throws {
        var backoff = Backoff()
        while !Task.isShuttingDownGracefully {
            do {
                _ = try await command.run()
                return
            } catch MigrationError.failed(MigrateCommand.aggregates, let error) where !Self.mayPass(error) {
                // Rows can be taken without them.
                logger.error("the aggregates cannot be made", metadata: ["reason": "\(error)"])
                return
            } catch {
                guard Self.mayPass(error) else { throw error }
                let wait = backoff.next()
                if backoff.isWorthALine {
                    logger.warning("the database cannot be migrated yet", metadata: ["reason": "\(error)"])
                }
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: wait) }
            }
        }
    }

    private static func mayPass(_ error: any Error) -> Bool {
        switch error {
        case let error as PostgresError: mayPass(error)
        case MigrationError.failed(_, let error): mayPass(error)
        case MigrationError.locked: true
        default: false
        }
    }

    private static func mayPass(_ error: PostgresError) -> Bool {
        error.endsSession || error.kind == .retryable
    }
}
