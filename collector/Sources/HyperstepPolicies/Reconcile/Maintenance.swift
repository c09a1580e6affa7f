public import HyperstepPostgres
public import Logging

/// Does on the declared schedules what the database has no jobs for, or does not run, and records each run in
/// `hyperstep_internal.maintenance`, so that a collector that takes over goes on where the last one was. For use by
/// one thread at a time.
public final class Maintenance {
    private let logger: Logger
    /// Tasks that have more to do than fitted into their turn.
    private var unfinished: Set<String> = []

    /// One that logs to `logger`.
    public init(logger: Logger) { self.logger = logger }

    /// Does what is due in the Apache edition, one after the other; one that fails keeps none of the others.
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
        try run(connection, MaintenanceTask.all(declared), pending: pending, while: goesOn)
    }

    /// Does what is due of `tasks`, in their order, and forgets how others fared.
    func run(
        _ connection: PostgresConnection, _ tasks: [MaintenanceTask], pending: Set<String> = [],
        while goesOn: () -> Bool = { true }
    ) throws(PostgresError) -> Duration {
        unfinished.formIntersection(tasks.map(\.name))
        var (waits, failing) = try state(connection, tasks)
        var next = Duration.seconds(3_600)
        for (task, wait) in zip(tasks, waits)
        where goesOn() && !task.isHeld && task.follows.isDisjoint(with: pending) {
            // What is not summed up yet is not dropped: not while that fails.
            guard task.after.isDisjoint(with: failing) else { continue }
            guard wait <= .zero || unfinished.contains(task.name) else {
                next = min(next, wait)
                continue
            }
            if try run(task, connection, goesOn) {
                failing.remove(task.name)
            } else {
                failing.insert(task.name)
            }
            next = min(next, unfinished.contains(task.name) ? .zero : .seconds(task.every.seconds))
        }
        return next
    }

    /// How long until each task is due, by the database's clock, and those that failed when they last ran; what is
    /// no longer declared is forgotten.
    private func state(
        _ connection: PostgresConnection, _ tasks: [MaintenanceTask]
    ) throws(PostgresError) -> (waits: [Duration], failing: Set<String>) {
        _ = try connection.query(
            "DELETE FROM hyperstep_internal.maintenance WHERE task <> ALL ($1)", [.texts(tasks.map(\.name))])
        let rows = try connection.query(
            """
            SELECT task, extract(epoch FROM now() - last_start)::float8, last_error IS NOT NULL
            FROM hyperstep_internal.maintenance
            """)
        var since: [String: Double] = [:]
        var failing: Set<String> = []
        for row in 0..<rows.count {
            guard let task = rows.text(row, 0) else { continue }
            since[task] = rows.double(row, 1)
            if rows.bool(row, 2) == true { failing.insert(task) }
        }
        let waits = tasks.map { task in
            // A clock that was set back must not put a task off for long.
            since[task.name].map { Duration.seconds(Double(task.every.seconds) - max(0, $0)) } ?? .zero
        }
        return (waits, failing)
    }

    /// Does a task until it is done or its turn is over.
    ///
    /// - Returns: whether it is done.
    private func run(
        _ task: MaintenanceTask, _ connection: PostgresConnection, _ goesOn: () -> Bool
    ) throws(PostgresError) -> Bool {
        let next = "now() + \(task.every.sql)"
        _ = try connection.query(
            """
            INSERT INTO hyperstep_internal.maintenance AS m (task, last_start, next_start, runs)
            VALUES ($1, now(), \(next), 1)
            ON CONFLICT (task) DO UPDATE SET last_start = now(), next_start = \(next), runs = m.runs + 1
            """, [.text(task.name)])
        let turn = ContinuousClock.now + MaintenanceTask.turn
        unfinished.remove(task.name)
        do {
            let did = try task.run(connection) { goesOn() && .now < turn }
            // It may have been done just then: it finds nothing to do in the next round.
            if .now >= turn { unfinished.insert(task.name) }
            if let did {
                logger.info("maintenance", metadata: ["task": "\(task.name)", "did": "\(did)"])
            }
            _ = try connection.query(
                """
                UPDATE hyperstep_internal.maintenance SET last_success = now(), last_error = NULL
                WHERE task = $1
                """, [.text(task.name)])
            return !unfinished.contains(task.name)
        } catch {
            // A statement that a stopping collector cancelled has not failed.
            guard !error.endsSession, goesOn() else { throw error }
            logger.log(
                level: error.kind == .retryable ? .info : .error, "maintenance failed",
                metadata: ["task": "\(task.name)", "reason": "\(error)"])
            _ = try connection.query(
                """
                UPDATE hyperstep_internal.maintenance SET failures = failures + 1, last_error = $2
                WHERE task = $1
                """, [.text(task.name), .text(error.description)])
            return false
        }
    }
}
