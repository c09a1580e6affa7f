public import HyperstepPostgres
import HyperstepWire
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
    private let timeout: Duration

    /// Asks the database at `url`.
    ///
    /// - Parameter timeout: how long an answer may take in all. A program that resumes a run waits for 2 s.
    public init(url: PostgresURL, timeout: Duration = .milliseconds(1_500)) {
        self.url = url
        self.timeout = timeout
    }

    /// Connects, reads and disconnects.
    public func find(_ run: UUID) async -> RunFinding {
        let mayAsk = asking.withLock { count in
            guard count < Self.atOnce else { return false }
            count += 1
            return true
        }
        guard mayAsk else { return .unavailable(reason: "too many ask about runs; ask again later") }
        let answers = AsyncStream.makeStream(of: RunFinding.self, bufferingPolicy: .bufferingOldest(1))
        do {
            // A connection that is being made cannot be given up in the middle: whoever asked is answered in time all
            // the same, and the place among those that ask is free when the thread is.
            try BlockingThread.start { [self] in
                let found = Self.find(run, url, timeout)
                asking.withLock { $0 -= 1 }
                answers.continuation.yield(found)
            }
        } catch {
            asking.withLock { $0 -= 1 }
            return .unavailable(reason: "\(error)")
        }
        let timer = Task { [timeout] in
            try await Task.sleep(for: timeout)
            answers.continuation.yield(.unavailable(reason: "the database gives no answer within \(timeout)"))
        }
        defer { timer.cancel() }
        return await answers.stream.first { _ in true }
            ?? .unavailable(reason: "nobody waits for an answer any more")
    }

    private static func find(_ run: UUID, _ url: PostgresURL, _ timeout: Duration) -> RunFinding {
        do throws(PostgresError) {
            return try read(run, url, timeout).map { .known($0) } ?? .unknown
        } catch {
            return .unavailable(reason: error.description)
        }
    }

    private static func read(
        _ run: UUID, _ url: PostgresURL, _ timeout: Duration
    ) throws(PostgresError) -> RunState? {
        var options = PostgresConnection.Options()
        options.applicationName = "hyperstep-collector runs"
        options.connectTimeout = timeout
        options.operationTimeout = timeout
        options.findsTimescale = false
        options.session = ["statement_timeout": "\(timeout.milliseconds)ms"]
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
