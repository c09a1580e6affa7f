public import HyperstepPostgres
public import Logging
import NIOPosix
import ServiceLifecycle

/// Brings a database to this collector's schema: `hyperstep-collector migrate`.
public struct MigrateCommand: Sendable {
    private let url: PostgresURL
    private let roles: RoleNames?
    private let logger: Logger

    /// The command for one database.
    ///
    /// - Parameter roles: made if missing; nil leaves roles as they are.
    public init(url: PostgresURL, roles: RoleNames? = nil, logger: Logger) {
        self.url = url
        self.roles = roles
        self.logger = logger
    }

    /// Applies what is missing.
    ///
    /// - Returns: the names of the files applied; empty if the schema was current.
    /// - Throws: ``MigrationError`` or ``PostgresError``, whose descriptions say what to do.
    public func run() async throws -> [String] {
        let applied = try await NIOThreadPool.singleton.runIfActive { [url, roles] in
            var options = PostgresConnection.Options()
            options.applicationName = "hyperstep-collector migrate"
            // An index on a large table takes its time.
            options.operationTimeout = .seconds(3_600)
            options.session = ["statement_timeout": "0", "lock_timeout": "60s"]
            return try Migrator(PostgresConnection(url, options: options), roles: roles).run()
        }
        for name in applied { logger.info("migrated", metadata: ["file": "\(name)"]) }
        return applied
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
        case let error as PostgresError: [.connectionLost, .retryable].contains(error.kind)
        case MigrationError.failed(_, let error): [.connectionLost, .retryable].contains(error.kind)
        case MigrationError.locked: true
        default: false
        }
    }
}
