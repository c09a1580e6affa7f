import HyperstepPolicies
import HyperstepPostgres

/// A connection set up for writing, to a database whose schema is this collector's.
///
/// For use by one thread at a time, as its connection.
final class DatabaseSession {
    let connection: PostgresConnection
    let notices = CompressionNotices()
    /// Whether the minutes that rows fall into are to be noted: this edition keeps no aggregates by itself.
    let takesNotes: Bool
    private(set) var facts = WriteFacts()
    private let state: SessionState
    private let settings: WriterSettings
    private var factsTime: ContinuousClock.Instant?
    private var compression: DirectCompression
    private var isCompressing = false

    /// How long what the database says of its tables is taken for true.
    private static let factsValidity: Duration = .seconds(60)

    /// Why there is no session.
    enum Refusal: Error, Equatable {
        /// The server cannot be reached, or cannot be used as it is.
        case database(PostgresError)
        /// The schema is not this collector's; the text says what to run.
        case schema(String)
        /// Nothing may be written now, as during a restore; the text says why and what to do.
        case notWritable(String)

        var reason: String {
            switch self {
            case .database(let error): error.description
            case .schema(let complaint), .notWritable(let complaint): complaint
            }
        }
    }

    /// Connects, checks the schema and prepares the statements that writers use.
    init(_ url: PostgresURL, _ settings: WriterSettings, applicationName: String) throws(Refusal) {
        self.settings = settings
        compression = DirectCompression(settings.directCompress)
        do {
            var options = Self.options(
                statementTimeout: settings.statementTimeout, lockTimeout: settings.lockTimeout,
                name: applicationName)
            options.onNotice = { [notices] in notices.note($0) }
            connection = try PostgresConnection(url, options: options)
            // An ack says "committed": it must outlive a crash of the server, whatever the role's default is, and
            // whatever postgresql.conf says later.
            _ = try connection.query(
                """
                SELECT set_config('synchronous_commit', CASE v WHEN 'off' THEN 'on' ELSE v END, false)
                FROM current_setting('synchronous_commit') AS v
                """)
            // In this order: what changes after the state was read makes the next group's state another one.
            state = try SessionState(connection)
            if let complaint = try SessionState.complaint(on: connection) {
                throw Refusal.notWritable(complaint)
            }
            if let complaint = try SchemaState.read(connection).complaint { throw Refusal.schema(complaint) }
            try LedgerStatements.prepare(on: connection)
            try MetricStatements.prepare(on: connection)
            try SeriesStatements.prepare(on: connection)
            try ModelStatements.prepare(on: connection)
            try RunStatements.prepare(on: connection)
            takesNotes =
                try Edition.of(connection) == .apache && TouchedMinutes.isWanted(on: connection)
            if takesNotes { try TouchedMinutes.prepare(on: connection) }
            try RunAttempts.prepare(on: connection)
            try LifeSigns.prepare(on: connection)
        } catch let error as PostgresError {
            throw .database(error)
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw .database(PostgresError(kind: .other, message: "\(error)"))
        }
    }

    /// Limits inside the server, so that nothing of ours holds a ledger row for long, and a longer one on our
    /// side for a server that does not answer at all.
    private static func options(
        statementTimeout: Duration, lockTimeout: Duration, name: String
    ) -> PostgresConnection.Options {
        var options = PostgresConnection.Options()
        options.applicationName = name
        options.operationTimeout = statementTimeout + .seconds(5)
        options.findsTimescale = false
        options.session = [
            "statement_timeout": "\(statementTimeout.milliseconds)ms",
            "lock_timeout": "\(lockTimeout.milliseconds)ms",
            "idle_in_transaction_session_timeout": "\((statementTimeout * 2).milliseconds)ms",
            // A collector whose machine is gone: the server lets go of its locks.
            "tcp_keepalives_idle": "15", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "4",
        ]
        return options
    }
}

// MARK: What the session took over
extension DatabaseSession {
    /// Checks that this session is like one that would begin now; asked before something is written outside a
    /// group's transaction.
    func verify() throws(PostgresError) { try verify(SessionState(connection)) }

    /// Checks what the last statement of a transaction told of the session, before the transaction is committed.
    ///
    /// - Throws: an error of kind `session`: the transaction is rolled back, and a new session is made, which writes
    ///   nothing where that is not allowed.
    func verify(_ now: SessionState) throws(PostgresError) {
        guard now != state else { return }
        throw PostgresError(
            kind: .session,
            message: """
                the database is set otherwise than when this session began, and a new session is made; \
                it began with \(state), now it is \(now)
                """)
    }
}

// MARK: Direct compression
extension DatabaseSession {
    /// Before a transaction: looks, at first and now and then, at what may change in the database.
    func begin() throws(PostgresError) {
        isCompressing = false
        if let factsTime, factsTime + Self.factsValidity > .now { return }
        facts = try WriteFacts(connection)
        factsTime = .now
    }

    /// How the rows of a transaction, all of one chunk, go into one table.
    func plan(_ table: Hypertable, segmentColumns: Set<String>, _ parts: [CopyPlan.Part]) -> CopyPlan {
        guard compression.allows(table, segmentColumns: segmentColumns, facts) else {
            return CopyPlan(storing: parts)
        }
        return CopyPlan(parts, minimum: settings.compressedSegmentRows)
    }

    /// Says for the next COPYs of the open transaction whether their rows are compressed on their way in.
    func setDirectCompress(_ isOn: Bool) throws(PostgresError) {
        guard isOn != isCompressing else { return }
        try connection.execute(
            "SET LOCAL timescaledb.enable_direct_compress_copy = \(isOn ? "on" : "off")")
        isCompressing = isOn
        if isOn { _ = notices.take() }
    }

    /// Leaves a table alone for a while whose rows the server would not compress.
    func fellBack(_ table: Hypertable) { compression.fellBack(table) }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
