import HyperstepPostgres
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What events do to `runs`.
///
/// Events of several processes, and of a process's later life, arrive in any order. What an event says counts
/// if it is newer, by attempt and then by time, than what the row was set from; an older one fills gaps only.
enum RunStatements {
    static func prepare(on connection: PostgresConnection) throws(PostgresError) {
        try connection.prepare("a run's row", run)
    }

    /// Null means that the event says nothing of it. An event of a newer attempt says at least that the run
    /// is running again.
    private static let run = """
        INSERT INTO runs AS r (id, attempt, project, name, model_id, host, process_id, sdk, started, status,
                               finished, finish_reason, parameters, tags, last_heartbeat, status_time,
                               parameters_time, last_seen)
        VALUES ($1::uuid, $2::smallint, $3::text, $4::text, $5::uuid, $6::text, $7::bigint, $8::text,
                $9::timestamptz, coalesce($10::text, 'running'), $11::timestamptz, $12::text,
                coalesce($13::jsonb, '{}'), coalesce($14::text[], '{}'), $15::timestamptz,
                CASE WHEN $10 IS NULL THEN '-infinity' ELSE $15 END,
                CASE WHEN $13 IS NULL THEN '-infinity' ELSE $15 END, now())
        ON CONFLICT (id) DO UPDATE SET
            attempt = greatest(r.attempt, EXCLUDED.attempt),
            project = \(newest("project")),
            name = \(newest("name")),
            model_id = \(newest("model_id")),
            host = \(newest("host")),
            process_id = \(newest("process_id")),
            sdk = \(newest("sdk")),
            started = least(r.started, EXCLUDED.started),
            status = CASE WHEN \(setsStatus) THEN EXCLUDED.status
                          WHEN \(revives) THEN 'running' ELSE r.status END,
            finished = CASE WHEN \(setsStatus) THEN EXCLUDED.finished
                            WHEN \(revives) THEN NULL ELSE r.finished END,
            finish_reason = CASE WHEN \(setsStatus) THEN EXCLUDED.finish_reason
                                 WHEN \(revives) THEN NULL ELSE r.finish_reason END,
            status_time = CASE WHEN \(setsStatus) THEN EXCLUDED.status_time ELSE r.status_time END,
            parameters = CASE WHEN $13::jsonb IS NULL THEN r.parameters
                              WHEN \(setsParameters) THEN r.parameters || EXCLUDED.parameters
                              ELSE EXCLUDED.parameters || r.parameters END,
            parameters_time = CASE WHEN \(setsParameters) THEN EXCLUDED.parameters_time
                                   ELSE r.parameters_time END,
            tags = CASE WHEN r.tags @> EXCLUDED.tags THEN r.tags
                        ELSE ARRAY(SELECT tag FROM unnest(r.tags || EXCLUDED.tags) WITH ORDINALITY AS u (tag, n)
                                   GROUP BY tag ORDER BY min(n)) END,
            last_heartbeat = greatest(r.last_heartbeat, EXCLUDED.last_heartbeat),
            last_seen = CASE WHEN EXCLUDED.attempt >= r.attempt THEN greatest(r.last_seen, EXCLUDED.last_seen)
                             ELSE r.last_seen END
        """

    private static let setsStatus = """
        (EXCLUDED.attempt > r.attempt OR EXCLUDED.attempt = r.attempt \
        AND EXCLUDED.status_time > '-infinity' AND EXCLUDED.status_time >= r.status_time)
        """

    /// Of one attempt the newer event; of two the later attempt's, whatever the clocks of their machines say.
    private static let setsParameters = """
        (EXCLUDED.attempt > r.attempt OR EXCLUDED.attempt = r.attempt \
        AND EXCLUDED.parameters_time >= r.parameters_time)
        """

    /// A run that was taken for crashed shows that it lives. Times are not compared: they are of other clocks, and
    /// each event comes once.
    private static let revives = "(r.status = 'crashed' AND EXCLUDED.attempt >= r.attempt AND $16::bool)"

    private static func newest(_ column: String) -> String {
        """
        CASE WHEN EXCLUDED.attempt >= r.attempt THEN coalesce(EXCLUDED.\(column), r.\(column)) \
        ELSE coalesce(r.\(column), EXCLUDED.\(column)) END
        """
    }

    /// Applies events, given in the order of their streams. Rows are touched in ascending order, so that writers
    /// do not wait for each other in a circle.
    static func apply(_ events: [RunEvent], on connection: PostgresConnection) throws(PostgresError) {
        guard !events.isEmpty else { return }
        let events = gathered(events)
        // Sorting by place as well keeps the order of one run's events.
        let order = events.indices.sorted { (events[$0].runID, $0) < (events[$1].runID, $1) }
        for index in order {
            _ = try connection.query(prepared: "a run's row", RunRow(events[index]).values)
        }
    }

    /// The same events with one heartbeat for each attempt, where its first one was, with the newest time of all: each
    /// process of a run has its own, and they all change one row.
    ///
    /// It does what they do one by one. A heartbeat sets nothing by its time but `last_heartbeat`, which nothing else
    /// reads. What it does besides, to raise the attempt and to revive a crashed run, the first one of an attempt does
    /// or none: no event makes a run crashed, and the row's attempt only rises.
    static func gathered(_ events: [RunEvent]) -> [RunEvent] {
        var gathered: [RunEvent] = []
        gathered.reserveCapacity(events.count)
        var places: [Life: Int] = [:]
        for event in events {
            guard event.event == .heartbeat else {
                gathered.append(event)
                continue
            }
            let life = Life(run: event.runID, attempt: event.attempt)
            if let place = places[life] {
                gathered[place].time = max(gathered[place].time, event.time)
            } else {
                places[life] = gathered.count
                gathered.append(event)
            }
        }
        return gathered
    }

    private struct Life: Hashable {
        let run: UUID
        let attempt: Int16
    }
}

/// What one event says of its run; nil where it says nothing.
struct RunRow {
    private let event: RunEvent
    private var start: RunStarted?
    private var status: String?
    private var reason: String?
    private var isEnd = false
    private var isAlive = true
    private var parameters: String?
    private var tags: [String]?

    init(_ event: RunEvent) {
        self.event = event
        // Process 0 speaks for the run; of the others only an end in failure counts.
        let leads = event.rank == 0
        switch event.event {
        case .started(let run):
            if leads { (start, status) = (run, "running") }
            parameters = run.parametersJSON.nonEmpty
            tags = run.tags
        case .finished(let status, let reason):
            isAlive = false
            if leads || status == .failed || status == .killed {
                self.status = Self.name(of: status)
                self.reason = reason.nonEmpty
                isEnd = true
            }
        case .changed(let parametersJSON, let tags):
            parameters = parametersJSON.nonEmpty
            self.tags = tags
        case .heartbeat: break
        }
    }

    private static func name(of status: RunStatus) -> String {
        switch status {
        case .failed: "failed"
        case .killed: "killed"
        case .finished, .unspecified: "finished"
        }
    }

    /// The parameters of the statement "a run's row".
    var values: [PostgresValue] {
        let time = PostgresValue.timestamp(
            microseconds: PostgresTime.microseconds(fromNanoseconds: event.time))
        return [
            .uuid(event.runID), .int16(event.attempt), .text(orNull: start?.project),
            .text(orNull: start?.name), .uuid(orNull: start?.model.id), .text(orNull: start?.host.nonEmpty),
            start.flatMap { $0.processID == 0 ? nil : .int64(Int64(clamping: $0.processID)) } ?? .null,
            .text(orNull: start?.sdk.nonEmpty), start == nil ? .null : time, .text(orNull: status),
            isEnd ? time : .null, .text(orNull: reason), parameters.map { .jsonb($0) } ?? .null,
            tags.map { .texts($0) } ?? .null, time, .bool(isAlive),
        ]
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
