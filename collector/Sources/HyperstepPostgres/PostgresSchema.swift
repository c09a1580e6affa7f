/// The name of a schema that SQL text may hold: it needs no escaping anywhere, inside quotes or format strings.
public struct PostgresSchema: Sendable, Equatable, Hashable {
    /// The name itself, for parameters and for people.
    public let name: String

    /// Where Hyperstep's tables are unless `database.schema` says otherwise.
    public static let standard = PostgresSchema(checked: "public")

    /// What ``init(_:)`` expects, for a person.
    public static let expectation = """
        1 to 63 small letters, digits and underscores that begin with a letter or an underscore, and not pg_…, \
        information_schema, hyperstep_internal or a schema of TimescaleDB (_timescaledb_…, timescaledb_…)
        """

    /// Takes a name of letters that PostgreSQL takes without quotes, and that nobody else has reserved.
    public init?(_ name: String) {
        let isFirst = { (scalar: Unicode.Scalar) in ("a"..."z").contains(scalar) || scalar == "_" }
        guard (1...63).contains(name.utf8.count), let first = name.unicodeScalars.first, isFirst(first),
            name.unicodeScalars.allSatisfy({ isFirst($0) || ("0"..."9").contains($0) }),
            !["pg_", "_timescaledb_", "timescaledb_"].contains(where: name.hasPrefix),
            !["information_schema", "hyperstep_internal"].contains(name)
        else { return nil }
        self.init(checked: name)
    }

    private init(checked name: String) { self.name = name }

    /// The name as SQL text. Words that SQL has for itself, as `user`, are names in quotes only.
    public var sql: String { self == .standard ? name : "\"\(name)\"" }

    /// The name as a literal in SQL text.
    public var literal: String { "'\(name)'" }
}
