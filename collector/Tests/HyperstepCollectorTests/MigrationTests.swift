import HyperstepPostgres
import TestDatabases
import Testing

@testable import HyperstepCollector

@Suite(
    "Migrations on a real server",
    .needsDatabase, .mayBlock)
struct MigrationTests {
    private static let tables = [
        "experiments", "ingest_rejects", "ingest_streams", "latency_histogram", "metrics",
        "model_performance", "models", "run_attempts", "run_metric_names", "run_metrics", "runs",
        "series", "service_histogram", "service_metrics", "system_metrics", "training_metrics",
    ]
    private static let hypertables = [
        "experiments", "latency_histogram", "model_performance", "run_metrics", "service_histogram",
        "service_metrics", "system_metrics", "training_metrics",
    ]

    @Test("An empty database gets the whole schema, and a second time nothing", arguments: TestEdition.all)
    func twice(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            #expect(try SchemaState.read(connection) == .outdated(version: 0))
            let names = (MigrationSet.embedded.versioned + MigrationSet.embedded.repeatable).map(\.name)
            #expect(try Migrator(connection).run() == names)
            #expect(try SchemaState.read(connection) == .current)
            #expect(try Migrator(connection).run() == [])
            let found = try connection.query(
                "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND tablename = ANY ($1) ORDER BY 1",
                [.texts(Self.tables)])
            #expect((0..<found.count).map { found.text($0, 0) } == Self.tables)
            let hypertables = try connection.query(
                """
                SELECT hypertable_name::text, (extract(epoch FROM time_interval))::int8
                FROM timescaledb_information.dimensions WHERE hypertable_schema = 'public' ORDER BY 1
                """)
            #expect((0..<hypertables.count).map { hypertables.text($0, 0) } == Self.hypertables)
            let day: Int64 = 86_400
            #expect(
                (0..<hypertables.count).map { hypertables.int64($0, 1) } == Array(repeating: day, count: 7)
                    + [3_600])
        }
    }

    @Test("No hypertable has a unique index, a trigger of ours or a foreign key", arguments: TestEdition.all)
    func directCompressStaysPossible(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            let found = try connection.query(
                """
                SELECT (SELECT count(*) FROM pg_index WHERE indrelid = h.oid AND indisunique)
                     + (SELECT count(*) FROM pg_constraint WHERE conrelid = h.oid AND contype IN ('f', 'p', 'u'))
                     + (SELECT count(*) FROM pg_trigger WHERE tgrelid = h.oid AND tgname <> 'ts_insert_blocker')
                FROM pg_class h WHERE h.oid = ANY ($1::text[]::regclass[])
                """, [.texts(Self.hypertables)])
            #expect(
                (0..<found.count).map { found.int64($0, 0) } == Self.hypertables.map { _ in 0 })
        }
    }

    @Test("Several collectors at once apply each file once", arguments: TestEdition.all)
    func concurrently(edition: TestEdition) async throws {
        for _ in 0..<3 {
            try await withTestDatabase(edition) { database in
                let applied = try await withThrowingTaskGroup(of: [String].self) { group in
                    for _ in 0..<3 { group.addTask { try Migrator(database.connect()).run() } }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                let names = (MigrationSet.embedded.versioned + MigrationSet.embedded.repeatable).map(\.name)
                #expect(applied == names)
                #expect(try SchemaState.read(database.connect()) == .current)
            }
        }
    }

    @Test("A database ahead of the collector is refused", arguments: TestEdition.all)
    func newer(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            var ahead = MigrationSet.embedded
            ahead.versioned.append(
                Migration(version: 9000, name: "9000_next.sql", sql: "CREATE TABLE next ()"))
            _ = try Migrator(connection, migrations: ahead).run()
            let expected = MigrationError.newerSchema(
                database: 9000, collector: MigrationSet.embedded.version)
            #expect(throws: expected) { try Migrator(connection).run() }
            #expect(try SchemaState.read(connection) == .incompatible(expected))
        }
    }

    @Test("A frozen migration that was edited is refused by name", arguments: TestEdition.all)
    func tampered(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            var edited = MigrationSet.embedded
            let first = edited.versioned[0]
            edited.versioned[0] = Migration(version: first.version, name: first.name, sql: first.sql + " ")
            let expected = MigrationError.tampered(name: first.name)
            #expect(throws: expected) { try Migrator(connection, migrations: edited).run() }
            #expect(expected.description.contains("0001_training.sql"))
        }
    }

    @Test("A repeatable file runs again when its text changes, and only then", arguments: TestEdition.all)
    func repeatable(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            func set(_ value: Int) -> MigrationSet {
                MigrationSet(
                    versioned: MigrationSet.embedded.versioned,
                    repeatable: [
                        Migration(
                            version: nil, name: "view.sql",
                            sql: "CREATE OR REPLACE VIEW v AS SELECT \(value)::int8 AS v")
                    ])
            }
            for value in [1, 2] {
                #expect(try Migrator(connection, migrations: set(value)).run().last == "view.sql")
                #expect(try Migrator(connection, migrations: set(value)).run() == [])
                #expect(try connection.query("SELECT v FROM v").int64(0, 0) == Int64(value))
            }
        }
    }

    @Test(
        "A later migration that fails leaves nothing of itself, and those before it stay",
        arguments: TestEdition.all)
    func failing(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            let version = MigrationSet.embedded.version
            var broken = MigrationSet.embedded
            broken.versioned += [
                Migration(version: version + 1, name: "9998_whole.sql", sql: "CREATE TABLE whole ()"),
                Migration(
                    version: version + 2, name: "9999_broken.sql", sql: "CREATE TABLE half (); SELECT 1/0"),
            ]
            let error = #expect(throws: MigrationError.self) {
                try Migrator(connection, migrations: broken).run()
            }
            guard case .failed("9999_broken.sql", let cause)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(cause.code == "22012")
            #expect(try connection.query("SELECT to_regclass('half') IS NULL").bool(0, 0) == true)
            #expect(
                try SchemaState.read(connection, expecting: broken) == .outdated(version: version + 1))
            #expect(try connection.query("SELECT to_regclass('whole') IS NOT NULL").bool(0, 0) == true)
        }
    }

    @Test("A collector that waits for another one's migration gives up in time", arguments: TestEdition.all)
    func locked(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let holder = try database.connect()
            _ = try holder.query("SELECT pg_advisory_lock($1)", [.int64(Migrator.lockKey)])
            #expect(throws: MigrationError.locked) {
                try Migrator(database.connect(), lockTimeout: .zero).run()
            }
        }
    }
}
