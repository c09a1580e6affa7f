import CLibPQ

/// Where a database is and how to log in: a `postgres://` or `postgresql://` URL, or libpq's `key=value` words.
///
/// The text may hold a password; a description of this value never shows it.
public struct PostgresURL: Sendable, Equatable {
    /// What libpq is given. A secret.
    let conninfo: String
    /// Host, port and database name: what may be shown and logged.
    public let displayName: String
    /// The schema of that database in which Hyperstep's tables are.
    public var schema = PostgresSchema.standard

    /// Reads a connection URL without connecting.
    ///
    /// - Parameters:
    ///   - text: the URL or the words.
    ///   - setting: the name of the flag or key it came from, for the error.
    /// - Throws: ``PostgresError`` of kind `settings`, which names the setting and not its value.
    public init(_ text: String, setting: String = "--database-url") throws(PostgresError) {
        let isURL = text.hasPrefix("postgres://") || text.hasPrefix("postgresql://")
        guard isURL || (text.contains("=") && !text.contains("://")) else {
            throw PostgresError(
                kind: .settings,
                message: """
                    \(setting): expected postgresql://user@host:port/database or words as in \
                    "host=… dbname=…"; the value given is neither (it is not shown: it may hold a password)
                    """)
        }
        // libpq's own message quotes parts of the value, a password among them: it is not passed on.
        guard let options = PQconninfoParse(text, nil) else {
            throw PostgresError(
                kind: .settings,
                message: """
                    \(setting): the connection URL cannot be read; write special characters in user and \
                    password percent-encoded, as %40 for @ (the value is not shown: it may hold a password)
                    """)
        }
        defer { PQconninfoFree(options) }
        conninfo = text
        displayName = Self.displayName(options)
    }

    private static func displayName(_ options: UnsafeMutablePointer<PQconninfoOption>) -> String {
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        let host = values["host"] ?? values["hostaddr"] ?? "localhost"
        let database = values["dbname"].map { "/" + $0 } ?? ""
        return "\(host):\(values["port"] ?? "5432")\(database)"
    }
}

extension PostgresURL: CustomStringConvertible, CustomReflectable {
    /// ``displayName``.
    public var description: String { displayName }
    /// Shows the display name only, so that `dump` and test reports hold no password.
    public var customMirror: Mirror { Mirror(self, children: ["displayName": displayName]) }
}
