import CLibPQ

/// One connection to PostgreSQL: the single owner of its libpq handle, for use by one thread at a time.
///
/// Calls block their thread until the server has answered or the operation's time is up. After an error of
/// kind `connectionLost` the connection is over: make a new one.
///
///     let connection = try PostgresConnection(PostgresURL("postgresql://localhost/metrics"))
///     let rows = try connection.query("SELECT count(*) FROM runs WHERE project = $1", [.text("digits")])
public final class PostgresConnection {
    let handle: OpaquePointer
    private let notices: NoticeReceiver
    let operationTimeout: Duration
    /// Set once an operation ended without the server's answer: what comes next on the wire is unknown.
    var isAbandoned = false
    /// The schema of Hyperstep's tables, which unqualified names are found in.
    public let schema: PostgresSchema
    /// The schema of TimescaleDB's functions; nil without the extension.
    public internal(set) var timescaleSchema: PostgresSchema?
    let findsTimescale: Bool

    /// How a connection is made.
    public struct Options: Sendable {
        /// Longest wait for a connection to be made; whole seconds, at least 2.
        public var connectTimeout: Duration = .seconds(10)
        /// Longest wait for the server's answer to one call; a COPY may take this long per chunk.
        public var operationTimeout: Duration = .seconds(60)
        /// Shown in `pg_stat_activity`.
        public var applicationName = "hyperstep"
        /// Options of the session, as `["statement_timeout": "30s"]`, applied when it is made, over those that each
        /// session has.
        public var session: [String: String] = [:]
        /// Whether functions of TimescaleDB are found by their names alone, wherever the extension is.
        public var findsTimescale = true
        /// Called with the server's notices and warnings, on the connection's thread; they are ignored
        /// without it.
        public var onNotice: (@Sendable (PostgresNotice) -> Void)?

        /// The defaults.
        public init() {}
    }

    /// Connects, and makes the session what SQL relies on, whatever the role's defaults are.
    ///
    /// - Throws: ``PostgresError`` of kind `connectionLost` when the server cannot be reached or is not ready
    ///   yet, of kind `schema` when it refuses the database or the role, of kind `settings` where a pooler keeps no
    ///   sessions.
    public convenience init(_ url: PostgresURL, options: Options = Options()) throws(PostgresError) {
        try self.init(bare: url, options: options)
        try beginSession(url, options)
    }

    /// Connects and leaves the session as the server has begun it.
    init(bare url: PostgresURL, options: Options) throws(PostgresError) {
        operationTimeout = options.operationTimeout
        schema = url.schema
        findsTimescale = options.findsTimescale
        notices = NoticeReceiver(handler: options.onNotice ?? { _ in })
        guard let handle = Self.connect(url, options) else {
            throw PostgresError(message: "connecting to PostgreSQL: out of memory")
        }
        self.handle = handle
        guard PQstatus(handle) == CONNECTION_OK else { throw Self.connectError(handle, url) }
        notices.attach(to: handle)
        PQsetnonblocking(handle, 1)
    }

    deinit { PQfinish(handle) }

    private static func connect(_ url: PostgresURL, _ options: Options) -> OpaquePointer? {
        // What stands before `dbname` is a default that the URL may override, what stands after it is not.
        let words: [(String, String)] = [
            ("keepalives_idle", "15"), ("keepalives_interval", "5"), ("keepalives_count", "4"),
            ("tcp_user_timeout", "60000"),
            ("connect_timeout", String(max(2, options.connectTimeout.components.seconds))),
            ("fallback_application_name", options.applicationName),
            ("dbname", url.conninfo),
            ("client_encoding", "UTF8"),
        ]
        return withCStrings(words.map(\.0)) { keywords in
            withCStrings(words.map(\.1)) { values in PQconnectdbParams(keywords, values, 1) }
        }
    }

    private static func connectError(_ handle: OpaquePointer, _ url: PostgresURL) -> PostgresError {
        let message = PQerrorMessage(handle).map { String(cString: $0) }?.trimmedLine ?? ""
        // libpq gives no SQLSTATE for a refused connection. What only a person can change reads like this:
        let refusals = ["password", "authentication", "does not exist", "pg_hba.conf", "permission denied"]
        let refused = message.contains("FATAL") && refusals.contains { message.contains($0) }
        return PostgresError(
            kind: refused ? .schema : .connectionLost,
            message: "connecting to PostgreSQL at \(url.displayName): \(message)")
    }

    /// Runs one or more statements that take no parameters and whose rows nobody wants.
    public func execute(_ sql: String) throws(PostgresError) {
        try begin("running SQL") { PQsendQuery(handle, sql) }
        _ = try results("running SQL")
    }

    /// Runs one statement and returns its rows.
    public func query(
        _ sql: String, _ parameters: [PostgresValue] = []
    ) throws(PostgresError) -> PostgresResult {
        let encoded = PostgresParameters(parameters)
        try begin("running SQL") {
            encoded.withPointers { pointers in
                PQsendQueryParams(
                    handle, sql, Int32(parameters.count), encoded.types, pointers, encoded.lengths,
                    encoded.formats, 1)
            }
        }
        return try results("running SQL")
    }

    /// Has the server parse a statement once for this connection; `$1::type` says a parameter's type.
    public func prepare(_ name: String, _ sql: String) throws(PostgresError) {
        try begin("preparing \(name)") { PQsendPrepare(handle, name, sql, 0, nil) }
        _ = try results("preparing \(name)")
    }

    /// Runs a statement prepared under `name`.
    public func query(
        prepared name: String, _ parameters: [PostgresValue] = []
    ) throws(PostgresError) -> PostgresResult {
        let encoded = PostgresParameters(parameters)
        try begin(name) {
            encoded.withPointers { pointers in
                PQsendQueryPrepared(
                    handle, name, Int32(parameters.count), pointers, encoded.lengths, encoded.formats, 1)
            }
        }
        return try results(name)
    }

    /// Whether a transaction is open and in which state.
    public var transactionStatus: TransactionStatus {
        switch PQtransactionStatus(handle) {
        case PQTRANS_IDLE: .idle
        case PQTRANS_INTRANS: .open
        case PQTRANS_INERROR: .failed
        case PQTRANS_ACTIVE: .busy
        default: .unknown
        }
    }

    /// Where a connection stands with its transaction.
    public enum TransactionStatus: Sendable, Equatable {
        /// No transaction is open.
        case idle
        /// One is open.
        case open
        /// One is open and has failed: only ROLLBACK helps.
        case failed
        /// A statement is under way.
        case busy
        /// The connection is broken.
        case unknown
    }

    /// The server's version as PostgreSQL numbers it, 150020 for 15.20.
    public var serverVersion: Int { Int(PQserverVersion(handle)) }

    /// The server process that serves this connection, as in `pg_stat_activity`; through a proxy a number of the
    /// proxy's own.
    public var serverProcess: Int32 { PQbackendPID(handle) }
}

/// Calls `body` with null-terminated C strings and a null at the end, as libpq's arrays of words want it.
private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
    let copies = strings.map { Array($0.utf8CString) }
    // One buffer holds all strings: their pointers are valid until the scope ends.
    let joined = copies.flatMap(\.self)
    return joined.withUnsafeBufferPointer { buffer in
        var offset = 0
        var pointers: [UnsafePointer<CChar>?] = copies.map { copy in
            defer { offset += copy.count }
            return buffer.baseAddress.map { $0 + offset }
        }
        pointers.append(nil)
        return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
    }
}
