import HyperstepPostgres
import TestDatabases
import Testing

@testable import HyperstepCollector

@Suite(
    "Whatever a role or a database has as defaults",
    .needsDatabase, .mayBlock, .timeLimit(.minutes(20))
)
struct SessionDefaultsTests {
    /// What ALTER DATABASE … SET can do to a session.
    private static let defaults: [(name: String, value: String)] = [
        ("standard_conforming_strings", "off"), ("client_encoding", "'LATIN1'"),
        ("datestyle", "'German, DMY'"), ("intervalstyle", "iso_8601"), ("timezone", "'Asia/Kathmandu'"),
        ("bytea_output", "escape"), ("extra_float_digits", "-15"), ("search_path", "nowhere"),
        ("array_nulls", "off"), ("transform_null_equals", "on"), ("quote_all_identifiers", "on"),
        ("check_function_bodies", "off"), ("statement_timeout", "'2s'"), ("lock_timeout", "'1ms'"),
        ("idle_session_timeout", "'1s'"), ("idle_in_transaction_session_timeout", "'1s'"),
        ("default_transaction_isolation", "serializable"), ("default_transaction_deferrable", "on"),
        ("exit_on_error", "on"), ("client_min_messages", "error"), ("row_security", "off"),
        ("synchronous_commit", "off"),
    ]

    @Test("A collector does all of its work with every default turned round", arguments: TestEdition.all)
    func turnedRound(edition: TestEdition) async throws {
        try await withTestDatabase(edition) { database in
            let connection = try database.connect()
            for (name, value) in Self.defaults {
                try connection.execute("ALTER DATABASE \(database.name) SET \(name) = \(value)")
            }
            try await Journey(edition: edition, database: database).run()
        }
    }

    @Test("Each session has what SQL relies on, in one place", arguments: TestEdition.all)
    func settings(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let names = Self.defaults.map(\.name).filter { $0 != "synchronous_commit" }
            func values() throws -> [String] {
                let rows = try database.connect().query(
                    "SELECT n || ' = ' || current_setting(n) FROM unnest($1::text[]) AS n ORDER BY 1",
                    [.texts(names)])
                return (0..<rows.count).compactMap { rows.text($0, 0) }
            }
            let before = try values()
            #expect(before.contains("standard_conforming_strings = on"))
            #expect(before.contains("search_path = public, pg_temp"))
            let connection = try database.connect()
            for (name, value) in Self.defaults {
                try connection.execute("ALTER DATABASE \(database.name) SET \(name) = \(value)")
            }
            #expect(try values() == before)
        }
    }

    @Test(
        "A role for replication, for which no trigger runs, is refused with what to change",
        .needsSuperuser, .mayBlock,
        arguments: TestEdition.withSuperuser)
    func replication(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            try database.asSuperuser.connect().execute(
                "ALTER DATABASE \(database.name) SET session_replication_role = replica")
            let error = #expect(throws: PostgresError.self) { _ = try database.connect() }
            #expect(error?.message.contains("RESET session_replication_role") == true)
            #expect(error?.kind == .schema)
            let mode = try database.asSuperuser.connect().query("SHOW session_replication_role")
            #expect(mode.text(0, 0) == "origin")
        }
    }
}
