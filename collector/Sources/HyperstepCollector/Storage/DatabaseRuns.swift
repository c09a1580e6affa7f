public import HyperstepPostgres
import HyperstepWire
import NIOPosix
import Synchronization

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Reads what the database knows of a run, on a connection of its own for each question.
public final class DatabaseRuns: RunLookup {
    private let url: PostgresURL
    private let asking = Mutex(0)

    /// Questions at the same time; one more is answered that it is busy. A training program asks when it resumes.
    private static let atOnce = 4
    /// How long the database may take.
    private static let timeout = Duration.seconds(2)

    /// Asks the database at `url`.
    public init(url: PostgresURL) { self.url = url }

    /// Connects, reads and disconnects.
    public func find(_ run: UUID) async -> RunFinding {
        let mayAsk = asking.withLock { count in
            guard count < Self.atOnce else { return false }
            count += 1
            return true
        }
        guard mayAsk else { return .unavailable(reason: "too many ask about runs; ask again later") }
        defer { asking.withLock { $0 -= 1 } }
        let found = try? await NIOThreadPool.singleton.runIfActive { [url] in
            Result { () throws(PostgresError) in try Self.read(run, url) }
        }
        switch found {
        case .success(let state?)?: return .known(state)
        case .success(nil)?: return .unknown
        case .failure(let error)?: return .unavailable(reason: error.description)
        case nil: return .unavailable(reason: "the collector is stopping")
        }
    }

    private static func read(_ run: UUID, _ url: PostgresURL) throws(PostgresError) -> RunState? {
        var options = PostgresConnection.Options()
        options.applicationName = "hyperstep-collector runs"
        options.connectTimeout = timeout
        options.operationTimeout = timeout
        options.session = [
            "search_path": "public, pg_temp", "statement_timeout": "\(timeout.milliseconds)ms",
        ]
        let rows = try PostgresConnection(url, options: options).query(
            """
            SELECT (SELECT status FROM runs WHERE id = $1),
                   greatest((SELECT attempt FROM runs WHERE id = $1),
                            (SELECT max(attempt) FROM run_attempts WHERE run_id = $1))::int8,
                   EXISTS (SELECT FROM ingest_streams WHERE run_id = $1)
            """, [.uuid(run)])
        let (status, attempt) = (rows.text(0, 0), rows.int64(0, 1))
        // Rows of a run may be there before its first event is. They are not looked at themselves: that would plan, and
        // lock, every chunk of the table.
        guard status != nil || attempt != nil || rows.bool(0, 2) == true else { return nil }
        return RunState(runID: run, attempt: Int16(clamping: attempt ?? 0), status: status ?? "running")
    }
}
