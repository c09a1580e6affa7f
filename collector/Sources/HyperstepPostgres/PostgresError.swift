/// Why PostgreSQL, or the way to it, did not do what was asked.
///
/// Its description names what was attempted and what the server said, never the connection URL, a
/// password or a parameter's value.
public struct PostgresError: Error, Sendable, Equatable {
    /// What a caller can do about an error.
    public enum Kind: Sendable, Equatable {
        /// The connection is gone, or cannot be trusted any more: make a new one. Whether a COMMIT that was
        /// under way took effect is not known.
        case connectionLost
        /// The statement may succeed if it is done again: deadlock, serialization, timeout, lack of
        /// resources.
        case retryable
        /// This session may not do it, where a new one may: it began read-only, or the database's settings have
        /// changed since it began. Make a new connection.
        case session
        /// The values themselves are refused: doing it again gives the same answer.
        case data
        /// The statement does not fit the schema, or the role may not run it.
        case schema
        /// The URL or a setting is wrong: the same answer comes until a person changes it.
        case settings
        /// Anything else the server reports, internal errors among them.
        case other
    }

    /// What a caller can do about it.
    public let kind: Kind
    /// The SQLSTATE, five characters; empty where the server did not give one.
    public let code: String
    /// As the server says it: `ERROR`, `FATAL`; empty where it did not.
    public let severity: String
    /// What was attempted, and what went wrong.
    public let message: String

    /// An error in words, classified by its SQLSTATE unless a kind is given.
    public init(kind: Kind? = nil, code: String = "", severity: String = "", message: String) {
        self.kind = kind ?? Self.kind(ofCode: code)
        self.code = code
        self.severity = severity
        self.message = message
    }

    /// Classifies a SQLSTATE; see appendix A of PostgreSQL's manual.
    public static func kind(ofCode code: String) -> Kind {
        switch code {
        case "": return .connectionLost
        case "57P01", "57P02", "57P03", "57P04", "57P05": return .connectionLost
        case "0A000", "44000", "P0001", "P0004": return .data
        case "25006": return .session
        default: break
        }
        switch code.prefix(2) {
        case "08": return .connectionLost
        case "40", "53", "55", "57", "58": return .retryable
        case "22", "23", "54": return .data
        case "28", "3D", "3F", "42": return .schema
        default: return .other
        }
    }
}

extension PostgresError {
    /// Whether the connection is of no use any more: it is gone, or its session cannot do what a new one can.
    public var endsSession: Bool { kind == .connectionLost || kind == .session }
}

extension PostgresError: CustomStringConvertible {
    /// The message, with the SQLSTATE where there is one, and what to do where the server has no room for locks.
    public var description: String {
        let words =
            code.isEmpty ? message : "\(message) (\(severity.isEmpty ? "SQLSTATE" : severity) \(code))"
        guard hasNoRoomForLocks else { return words }
        return """
            \(words): the server's table of locks is full, as a statement locks more chunks than it has room for; raise \
            max_locks_per_transaction, which hyperstep-collector doctor gives a number for, and restart the server
            """
    }

    /// Whether the server could not give the statement its locks.
    var hasNoRoomForLocks: Bool { code == "53200" && message.contains("out of shared memory") }
}
