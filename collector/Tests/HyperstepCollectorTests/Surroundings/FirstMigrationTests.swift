import HyperstepPostgres
import TestDatabases
import Testing

@testable import HyperstepCollector

@Suite(
    "The first migration of a database",
    .needsDatabase, .mayBlock, .timeLimit(.minutes(20))
)
struct FirstMigrationTests {
    /// The real migrations, and one more that does not come to an end.
    private static func migrations(endingWith sql: String) -> MigrationSet {
        var migrations = MigrationSet.embedded
        migrations.versioned.append(
            Migration(version: MigrationSet.embedded.version + 1, name: "9999_broken.sql", sql: sql))
        return migrations
    }

    @Test(
        "A first migrate that is killed in the middle leaves nothing, and the next one works",
        arguments: TestEdition.all)
    func killed(edition: TestEdition) async throws {
        try await withTestDatabase(edition) { database in
            let before = try database.everything()
            let migrating = Task.detached {
                try Migrator(
                    database.connect(), migrations: Self.migrations(endingWith: "SELECT pg_sleep(600)")
                ).run()
            }
            let connection = try database.connect()
            let deadline = ContinuousClock.now + .seconds(600)
            while try connection.query(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND query = 'SELECT pg_sleep(600)' AND state = 'active'
                """
            ).count == 0 {
                try #require(ContinuousClock.now < deadline, "the last migration never began")
                try await Task.sleep(for: .milliseconds(20))
            }
            await #expect(throws: MigrationError.self) { try await migrating.value }
            #expect(try database.everything() == before)
            _ = try Migrator(database.connect()).run()
            #expect(try SchemaState.read(database.connect()) == .current)
        }
    }

    @Test(
        "A first migrate that fails at its last file leaves no schema, no extension and no role",
        .needsSuperuser, .mayBlock,
        arguments: TestEdition.withSuperuser)
    func failed(edition: TestEdition) async throws {
        try await withTestRoles(edition) { database, prefix in
            var own = try database.asSuperuser
            own.schema = try #require(PostgresSchema("hyperstep"))
            let before = try own.everything()
            let connection = try own.connect()
            let error = #expect(throws: MigrationError.self) {
                try Migrator(
                    connection, migrations: Self.migrations(endingWith: "SELECT 1/0"),
                    roles: RoleNames(prefix: prefix)
                ).run()
            }
            guard case .failed("9999_broken.sql", let cause)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(cause.code == "22012")
            #expect(try own.everything() == before)
            let roles = try connection.query(
                "SELECT FROM pg_roles WHERE starts_with(rolname::text, $1)", [.text(prefix)])
            #expect(roles.count == 0)
            // By the same session, which has seen an extension that was never made.
            _ = try Migrator(connection, roles: RoleNames(prefix: prefix)).run()
            #expect(try SchemaState.read(own.connect()) == .current)
        }
    }
}
