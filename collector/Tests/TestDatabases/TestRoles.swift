import HyperstepPostgres

extension TestEdition {
    /// Those on which a superuser can be had, for tests that make roles: `postgres`, with the password of the test
    /// role, as scripts/dev-database makes them.
    public static let withSuperuser: [TestEdition] = all.filter { edition in
        guard let url = edition.superuserURL, let asked = try? PostgresURL(url) else { return false }
        return (try? PostgresConnection(asked)) != nil
    }

    var superuserURL: String? { Self.replaceUser(of: url, by: "postgres", password: nil) }

    /// The URL with another user, and with the same password if none is given; nil where it names no user.
    static func replaceUser(of url: String, by user: String, password: String?) -> String? {
        // scheme://user:password@…
        let parts = url.split(separator: "@", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let words = parts[0].split(separator: ":", maxSplits: 2)
        guard words.count >= 2 else { return nil }
        let secret = (password ?? (words.count > 2 ? String(words[2]) : nil)).map { ":" + $0 } ?? ""
        return "\(words[0])://\(user)\(secret)@\(parts[1])"
    }
}

extension TestDatabase {
    /// The same database, with the superuser's rights.
    public var asSuperuser: TestDatabase {
        get throws {
            guard let url = TestEdition.replaceUser(of: url, by: "postgres", password: nil) else {
                throw PostgresError(kind: .settings, message: "the test database's URL names no user")
            }
            return withURL(url)
        }
    }
}

/// Runs `body` with an empty database and a random prefix; all roles whose names begin with it are dropped
/// afterwards, and the database before them.
public func withTestRoles<Result>(
    _ edition: TestEdition, isolation: isolated (any Actor)? = #isolation,
    _ body: (TestDatabase, _ prefix: String) async throws -> Result
) async throws -> Result {
    let prefix = "t" + String(UInt64.random(in: 0 ..< .max), radix: 36)
    return try await withTestDatabase(edition) { database in
        // By the superuser: the database may belong to one of the roles, and jobs run as another.
        defer { try? drop(database, prefix, edition) }
        return try await body(database, prefix)
    }
}

private func drop(_ database: TestDatabase, _ prefix: String, _ edition: TestEdition) throws {
    guard let url = edition.superuserURL else { return }
    let connection = try PostgresConnection(PostgresURL(url))
    try connection.execute("DROP DATABASE IF EXISTS \(database.name) WITH (FORCE)")
    let roles = try connection.query(
        "SELECT quote_ident(rolname) FROM pg_roles WHERE starts_with(rolname::text, $1)", [.text(prefix)])
    for row in 0..<roles.count { try connection.execute("DROP ROLE \(roles.text(row, 0) ?? "")") }
}
