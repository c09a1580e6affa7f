public import HyperstepPostgres

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A TimescaleDB server that tests may make databases on, of one edition.
public struct TestEdition: Sendable, CustomStringConvertible {
    /// `community` or `apache`.
    public let name: String
    let url: String

    /// The name.
    public var description: String { name }

    /// Those given by HYPERSTEP_TEST_DATABASES, as `community=postgresql://… apache=postgresql://…`.
    public static let all: [TestEdition] = {
        let words = (ProcessInfo.processInfo.environment["HYPERSTEP_TEST_DATABASES"] ?? "").split(
            separator: " ")
        return words.compactMap { word in
            guard let equals = word.firstIndex(of: "=") else { return nil }
            return TestEdition(name: String(word[..<equals]), url: String(word[word.index(after: equals)...]))
        }
    }()

    /// HYPERSTEP_TEST_TIMESCALEDB_VERSION: what the tests' databases hold instead of the servers' newest.
    static let olderVersion: String? = {
        let version = ProcessInfo.processInfo.environment["HYPERSTEP_TEST_TIMESCALEDB_VERSION"] ?? ""
        return version.isEmpty ? nil : version
    }()

    /// Whether the tests' databases hold the newest version that the servers have.
    public static let isNewest = olderVersion == nil

    /// That of the Community edition, if one is given.
    public static let community = all.first { $0.name == "community" }
    /// That of the Apache edition, if one is given.
    public static let apache = all.first { $0.name == "apache" }
}

/// A database of its own for one test.
public struct TestDatabase: Sendable {
    /// Where it is, with the test role's rights.
    public let url: String
    /// Its name on the server.
    public let name: String
    /// Where Hyperstep's tables are.
    public var schema = PostgresSchema.standard

    /// One that exists, which nobody drops.
    init(url: String, name: String, schema: PostgresSchema = .standard) {
        self.url = url
        self.name = name
        self.schema = schema
    }

    /// What a collector is given.
    public var address: PostgresURL {
        get throws(PostgresError) {
            var address = try PostgresURL(url)
            address.schema = schema
            return address
        }
    }

    /// The same database, reached another way.
    public func reached(at url: String) -> TestDatabase { withURL(url) }

    /// The same database, with another role's rights.
    public func login(_ role: String, password: String) -> TestDatabase {
        withURL(TestEdition.replaceUser(of: url, by: role, password: password) ?? url)
    }

    func withURL(_ url: String) -> TestDatabase { TestDatabase(url: url, name: name, schema: schema) }

    fileprivate init(_ edition: TestEdition) {
        name = "hyperstep_test_" + String(UInt64.random(in: 0 ..< .max), radix: 36)
        // …/database?options: the part between them is replaced.
        let parts = edition.url.split(separator: "?", maxSplits: 1)
        let server = parts[0].split(separator: "/", omittingEmptySubsequences: false).prefix(3)
        url = server.joined(separator: "/") + "/" + name + (parts.count > 1 ? "?" + parts[1] : "")
    }

    /// An empty one. With HYPERSTEP_TEST_TIMESCALEDB_VERSION it holds the extension in that version, which the
    /// server must have besides its newest; else whoever migrates it makes the newest.
    fileprivate static func make(_ edition: TestEdition, _ options: String = "") throws -> TestDatabase {
        let database = TestDatabase(edition)
        try administer(edition, "CREATE DATABASE \(database.name) \(options)")
        if let version = TestEdition.olderVersion {
            try database.connect().execute("CREATE EXTENSION timescaledb VERSION '\(version)'")
        }
        return database
    }

    /// Compresses the chunks of a table that are older than `age`, an interval, or all of them. TimescaleDB refuses a
    /// chunk that a job is compressing at the same moment ("already compressed"): the job does that one.
    public func compressChunks(of table: String, olderThan age: String? = nil) throws(PostgresError) {
        let older = age.map { ", older_than => INTERVAL '\($0)'" } ?? ""
        try connect().execute(
            """
            DO $$
            DECLARE chunk regclass;
            BEGIN
                FOR chunk IN SELECT show_chunks('\(table)'\(older)) LOOP
                    BEGIN
                        PERFORM compress_chunk(chunk, if_not_compressed => true);
                    EXCEPTION WHEN duplicate_object THEN NULL;
                    END;
                END LOOP;
            END $$
            """)
    }

    /// A new connection to it.
    public func connect(_ options: PostgresConnection.Options = .init()) throws(PostgresError)
        -> PostgresConnection
    {
        try PostgresConnection(address, options: options)
    }
}

/// Runs `body` with an empty database of a random name, which is dropped afterwards.
public func withTestDatabase<Result>(
    _ edition: TestEdition, _ body: (TestDatabase) throws -> Result
) throws -> Result {
    let database = try TestDatabase.make(edition)
    defer { try? administer(edition, "DROP DATABASE IF EXISTS \(database.name) WITH (FORCE)") }
    return try body(database)
}

/// Runs `body` with an empty database of a random name, which is dropped afterwards.
///
/// - Parameter options: for `CREATE DATABASE`, as its tablespace or its encoding.
public func withTestDatabase<Result>(
    _ edition: TestEdition, options: String = "", isolation: isolated (any Actor)? = #isolation,
    _ body: (TestDatabase) async throws -> Result
) async throws -> Result {
    let database = try TestDatabase.make(edition, options)
    defer { try? administer(edition, "DROP DATABASE IF EXISTS \(database.name) WITH (FORCE)") }
    return try await body(database)
}

private func administer(_ edition: TestEdition, _ sql: String) throws {
    try PostgresConnection(PostgresURL(edition.url)).execute(sql)
}
