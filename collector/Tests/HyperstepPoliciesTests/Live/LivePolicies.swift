import HyperstepCollector
import HyperstepPolicies
import HyperstepPostgres
import Logging
import TestDatabases
import Testing

/// A migrated database, brought to what is declared.
struct LivePolicies {
    let database: TestDatabase
    let declared: PolicySet

    /// Migrates it, aggregates included.
    ///
    /// - Parameter schedules: false: TimescaleDB's scheduler is stopped in it, which needs a superuser.
    static func with(
        _ edition: TestEdition, _ declared: PolicySet = .standard, schedules: Bool = true,
        _ body: (LivePolicies) async throws -> Void
    ) async throws {
        try await withTestDatabase(edition) { database in
            if !schedules {
                try database.connect().execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
                _ = try database.asSuperuser.connect().query(
                    "SELECT _timescaledb_functions.stop_background_workers()")
            }
            _ = try await MigrateCommand(
                url: PostgresURL(database.url), policies: declared, logger: .silent
            ).run()
            try await body(LivePolicies(database: database, declared: declared))
        }
    }

    var edition: Edition {
        get throws { try ObservedDatabase(database.connect()).edition }
    }

    func plan(_ other: PolicySet? = nil) throws -> PolicyPlan {
        let connection = try database.connect()
        var observed = try ObservedDatabase(connection)
        try observed.measure(connection, for: other ?? declared)
        return .between(other ?? declared, observed)
    }

    @discardableResult
    func apply(_ other: PolicySet? = nil) throws -> [PolicyOutcome] {
        let limits = PolicyExecutor.Limits(lock: .seconds(30), statement: .seconds(60))
        return try PolicyExecutor(database.connect(), limits: limits).run(plan(other).changes)
    }

    /// One round of a collector's.
    @discardableResult
    func reconcile(_ other: PolicySet? = nil, _ logger: Logger = .silent) throws -> [PolicyOutcome] {
        var reconciler = Reconciler(logger: logger)
        return try reconciler.reconcile(database.connect(), other ?? declared)
    }

    func execute(_ sql: String) throws { try database.connect().execute(sql) }

    /// The first column of the first row.
    func number(_ sql: String) throws -> Int64? {
        let rows = try database.connect().query(sql)
        return rows.count == 0 ? nil : rows.int64(0, 0)
    }

    /// Compresses all chunks of training rows.
    func compressTraining() throws { try database.compressChunks(of: "training_metrics") }

    /// Training rows of one run, one a minute.
    func insertTraining(minutes: Int, endingAgo: String) throws {
        try execute(
            """
            INSERT INTO training_metrics (time, model_id, run_id, epoch, batch, step, loss)
            SELECT now() - INTERVAL '\(endingAgo)' - i * INTERVAL '1 minute',
                   '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002', 0, 0, i, 1
            FROM generate_series(1, \(minutes)) i
            """)
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
