public import HyperstepPostgres
public import Logging

/// Does on the declared schedules what the Apache edition has no jobs for, and records each run in
/// `hyperstep_internal.maintenance`, so that a collector that takes over goes on where the last one was.
public struct Maintenance {
    private let logger: Logger

    /// One that logs to `logger`.
    public init(logger: Logger) { self.logger = logger }

    /// Does what is due, one after the other; one that fails keeps none of the others.
    ///
    /// - Parameters:
    ///   - pending: relations that are not as declared: what follows them is put off.
    ///   - goesOn: asked before each piece of work.
    /// - Returns: how long nothing is due.
    /// - Throws: ``PostgresError`` if the records cannot be read or written, or the connection is lost.
    public func run(
        _ connection: PostgresConnection, _ declared: PolicySet, pending: Set<String> = [],
        while goesOn: () -> Bool = { true }
    ) throws(PostgresError) -> Duration {
        let tasks = MaintenanceTask.all(declared)
        let waits = try waits(connection, tasks)
        var next = Duration.seconds(3_600)
        for (task, wait) in zip(tasks, waits) where goesOn() && task.follows.isDisjoint(with: pending) {
            if wait <= .zero { try run(task, connection, goesOn) }
            next = min(next, wait <= .zero ? .seconds(task.every.seconds) : wait)
        }
        return next
    }

    /// How long until each task is due, by the database's clock; what is no longer declared is forgotten.
    private func waits(
        _ connection: PostgresConnection, _ tasks: [MaintenanceTask]
    ) throws(PostgresError) -> [Duration] {
        _ = try connection.query(
            "DELETE FROM hyperstep_internal.maintenance WHERE task <> ALL ($1)", [.texts(tasks.map(\.name))])
        let rows = try connection.query(
            """
            SELECT task, extract(epoch FROM now() - last_start)::float8 FROM hyperstep_internal.maintenance
            """)
        var since: [String: Double] = [:]
        for row in 0..<rows.count {
            if let task = rows.text(row, 0) { since[task] = rows.double(row, 1) }
        }
        return tasks.map { task in
            // A clock that was set back must not put a task off for long.
            since[task.name].map { .seconds(Double(task.every.seconds) - max(0, $0)) } ?? .zero
        }
    }

    private func run(
        _ task: MaintenanceTask, _ connection: PostgresConnection, _ goesOn: () -> Bool
    ) throws(PostgresError) {
        let next = "now() + \(task.every.sql)"
        _ = try connection.query(
            """
            INSERT INTO hyperstep_internal.maintenance AS m (task, last_start, next_start, runs)
            VALUES ($1, now(), \(next), 1)
            ON CONFLICT (task) DO UPDATE SET last_start = now(), next_start = \(next), runs = m.runs + 1
            """, [.text(task.name)])
        do {
            if let did = try task.run(connection, goesOn) {
                logger.info("maintenance", metadata: ["task": "\(task.name)", "did": "\(did)"])
            }
            _ = try connection.query(
                """
                UPDATE hyperstep_internal.maintenance SET last_success = now(), last_error = NULL
                WHERE task = $1
                """, [.text(task.name)])
        } catch {
            // A statement that a stopping collector cancelled has not failed.
            guard error.kind != .connectionLost, goesOn() else { throw error }
            logger.log(
                level: error.kind == .retryable ? .info : .error, "maintenance failed",
                metadata: ["task": "\(task.name)", "reason": "\(error)"])
            _ = try connection.query(
                """
                UPDATE hyperstep_internal.maintenance SET failures = failures + 1, last_error = $2
                WHERE task = $1
                """, [.text(task.name), .text(error.description)])
        }
    }
}
