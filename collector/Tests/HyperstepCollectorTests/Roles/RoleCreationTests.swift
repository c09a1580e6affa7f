import HyperstepPostgres
import TestDatabases
import Testing

@testable import HyperstepCollector

@Suite(
    "migrate --create-roles",
    .needsSuperuser, .mayBlock)
struct RoleCreationTests {
    /// What the role owns of a database.
    private static func owned(by role: String) -> String {
        """
        SELECT c.oid::regclass::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relowner = '\(role)'::regrole
        UNION ALL SELECT oid::regprocedure::text FROM pg_proc WHERE proowner = '\(role)'::regrole
        UNION ALL SELECT nspname FROM pg_namespace WHERE nspowner = '\(role)'::regrole
        UNION ALL SELECT concat_ws(' ', 'job', proc_name, hypertable_name, schedule_interval, config - 'hypertable_id') FROM timescaledb_information.jobs WHERE owner = '\(role)'::regrole
        """
    }

    @Test(
        "A database with data changes hands whole: tables, chunks, aggregates, functions and jobs",
        arguments: TestEdition.withSuperuser)
    func existing(edition: TestEdition) async throws {
        try await withTestRoles(edition) { database, prefix in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            try connection.execute(threeDays)
            if edition.isCommunity {
                try connection.execute(twoAggregates)
                for call in [
                    "set_columnstore('training_metrics', 'run_id', 'time desc')",
                    "set_compression('training_metrics', '1 day')",
                    "set_retention('training_metrics', '1 year')",
                    "set_refresh('training_metrics_hourly', '2 days', '1 hour', '1 hour')",
                    "set_compression('training_metrics_hourly', '7 days')",
                ] { _ = try connection.query("SELECT hyperstep_internal." + call) }
                try connection.execute(
                    "SELECT compress_chunk(c) FROM show_chunks('training_metrics', older_than => INTERVAL '46 hours') c"
                )
            }
            let user = try #require(try connection.query("SELECT current_user::text").text(0, 0))
            let before = Set(try connection.lines(Self.owned(by: user)))
            #expect(before.count > 100)

            let fixture = try RoleFixture(database, prefix)
            #expect(try connection.lines(Self.owned(by: user)) == [])
            let after = Set(try connection.lines(Self.owned(by: fixture.names.owner)))
            // A job may have compressed more meanwhile.
            #expect(before.subtracting(after) == [])
            if edition.isCommunity {
                #expect(before.filter { $0.hasPrefix("job ") }.count == 4)
                let superuser = try fixture.superuser.connect()
                try superuser.execute("SET ROLE \(fixture.names.owner)")
                try superuser.execute(
                    "CALL refresh_continuous_aggregate('training_metrics_minutely', NULL, NULL)")
            }
        }
    }

    @Test("A second time nothing is made and nothing granted", arguments: TestEdition.withSuperuser)
    func twice(edition: TestEdition) async throws {
        try await withTestRoles(edition) { database, prefix in
            let fixture = try RoleFixture(database, prefix)
            let connection = try fixture.superuser.connect()
            let rights =
                "SELECT relname || coalesce(relacl::text, '') FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
            let before = try connection.lines(rights)
            #expect(try Migrator(connection, roles: fixture.names).run() == [])
            #expect(try connection.lines(rights) == before)
            #expect(try RoleGrants.renew(connection) == 0)
            #expect(try connection.query("SELECT current_user::text").text(0, 0) == "postgres")
        }
    }

    @Test(
        "An administrator who is no superuser makes the roles of an empty database, and migrates it ever after",
        arguments: TestEdition.withSuperuser)
    func administrator(edition: TestEdition) async throws {
        try await withTestRoles(edition) { database, prefix in
            let admin = try makeAdministrator(database, prefix)
            let names = try #require(RoleNames(prefix: prefix))
            let files = (MigrationSet.embedded.versioned + MigrationSet.embedded.repeatable).map(\.name)
            #expect(try Migrator(admin.connect(), roles: names).run() == files)
            #expect(try admin.connect().lines(Self.owned(by: prefix + "_admin")) == [])

            var next = MigrationSet.embedded
            let version = MigrationSet.embedded.version + 1
            next.versioned.append(
                Migration(
                    version: version, name: "\(version)_next.sql",
                    sql: "CREATE TABLE hyperstep_internal.next (i integer)"))
            #expect(try Migrator(admin.connect(), migrations: next).run() == ["\(version)_next.sql"])
            let found = try admin.connect().query(
                """
                SELECT relowner::regrole::text, has_table_privilege($1, oid, 'INSERT'),
                       has_table_privilege($2, oid, 'SELECT')
                FROM pg_class WHERE oid = 'hyperstep_internal.next'::regclass
                """, [.text(names.collector), .text(names.reader)])
            #expect(found.text(0, 0) == names.owner)
            #expect(found.bool(0, 1) == true && found.bool(0, 2) == false)
        }
    }

    @Test(
        "What has chunks already is given away by a superuser alone, and others are told so",
        arguments: TestEdition.withSuperuser)
    func chunksNeedASuperuser(edition: TestEdition) async throws {
        try await withTestRoles(edition) { database, prefix in
            let admin = try makeAdministrator(database, prefix)
            let names = try #require(RoleNames(prefix: prefix))
            _ = try Migrator(admin.connect()).run()
            try admin.connect().execute(threeDays)
            let error = #expect(throws: MigrationError.self) {
                try Migrator(admin.connect(), roles: names).run()
            }
            #expect(error?.description.contains("as a superuser, or before the first migrate") == true)
            let owner = try SchemaOwner.read(admin.connect())
            #expect(owner?.name == prefix + "_admin" && owner?.isUser == true)
            _ = try Migrator(database.asSuperuser.connect(), roles: names).run()
            #expect(try SchemaOwner.read(admin.connect())?.name == names.owner)
        }
    }

    @Test("Who may not create roles is told what is needed", arguments: TestEdition.withSuperuser)
    func noCreateRole(edition: TestEdition) async throws {
        try await withTestRoles(edition) { database, prefix in
            let names = try #require(RoleNames(prefix: prefix))
            let error = #expect(throws: MigrationError.self) {
                try Migrator(database.connect(), roles: names).run()
            }
            #expect(
                error?.description.contains("needs a role with CREATEROLE, and hyperstep has it not") == true)
            #expect(try SchemaState.read(database.connect()) == .outdated(version: 0))
        }
    }

    @Test("A role that was there before and may do more is not taken", arguments: TestEdition.withSuperuser)
    func strangers(edition: TestEdition) async throws {
        try await withTestRoles(edition) { database, prefix in
            let superuser = try database.asSuperuser.connect()
            try superuser.execute("CREATE ROLE \(prefix)_collector CREATEDB")
            let names = try #require(RoleNames(prefix: prefix))
            let error = #expect(throws: MigrationError.self) { try Migrator(superuser, roles: names).run() }
            #expect(
                error?.description.contains("the role \(prefix)_collector exists and may do more") == true)
            #expect(
                try superuser.lines("SELECT rolname FROM pg_roles WHERE rolname = '\(prefix)_owner'") == [])
        }
    }

    @Test("A database keeps the roles that it was given first", arguments: TestEdition.withSuperuser)
    func otherPrefix(edition: TestEdition) async throws {
        try await withTestRoles(edition) { database, prefix in
            _ = try RoleFixture(database, prefix)
            let other = try #require(RoleNames(prefix: prefix + "_2"))
            let error = #expect(throws: MigrationError.self) {
                try Migrator(database.asSuperuser.connect(), roles: other).run()
            }
            #expect(error?.description.contains("is the role \(prefix)_collector already") == true)
            #expect(try SchemaOwner.read(database.connect())?.name == prefix + "_owner")
            let made = "SELECT rolname FROM pg_roles WHERE rolname = '\(prefix)_2_owner'"
            #expect(try database.asSuperuser.connect().lines(made) == [])
        }
    }

    @Test(
        "Who is no member of the owner may ask for migrations, and is told when there are any",
        arguments: TestEdition.withSuperuser)
    func noMember(edition: TestEdition) async throws {
        try await withTestRoles(edition) { database, prefix in
            let fixture = try RoleFixture(database, prefix)
            for login in [fixture.collector, fixture.reader] {
                #expect(try Migrator(login.connect()).run() == [])
                #expect(try SchemaState.read(login.connect()) == .current)
                var next = MigrationSet.embedded
                next.repeatable.append(Migration(version: nil, name: "next.sql", sql: "SELECT 1"))
                let error = #expect(throws: MigrationError.self) {
                    try Migrator(login.connect(), migrations: next).run()
                }
                #expect(error?.description.contains("the schema belongs to the role \(prefix)_owner") == true)
            }
            // Not even a reader.
            let error = #expect(throws: MigrationError.self) { try Migrator(database.connect()).run() }
            #expect(error?.description.contains("the schema belongs to the role \(prefix)_owner") == true)
        }
    }

    @Test(
        "A prefix is small letters, digits and underscores",
        arguments: [
            ("hyperstep", true), ("a", true), ("ml_2", true), (String(repeating: "a", count: 40), true),
            (String(repeating: "a", count: 41), false), ("", false), ("2ml", false), ("_a", false),
            ("Ml", false),
            ("a-b", false), ("a\"b", false), ("pg", false), ("pg_a", false), ("é", false), ("a b", false),
        ])
    func prefixes(prefix: String, isGood: Bool) {
        #expect((RoleNames(prefix: prefix) != nil) == isGood)
    }

    /// A role that owns the database and may create roles, as providers give their customers.
    private func makeAdministrator(_ database: TestDatabase, _ prefix: String) throws -> TestDatabase {
        let superuser = try database.asSuperuser.connect()
        let name = try #require(try superuser.query("SELECT current_database()::text").text(0, 0))
        try superuser.execute(
            """
            CREATE ROLE \(prefix)_admin LOGIN CREATEROLE PASSWORD 'administrator';
            ALTER DATABASE \(name) OWNER TO \(prefix)_admin
            """)
        return database.login(prefix + "_admin", password: "administrator")
    }
}
