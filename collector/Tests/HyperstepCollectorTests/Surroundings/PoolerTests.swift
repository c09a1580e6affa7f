import HyperstepPolicies
import HyperstepPostgres
import HyperstepWire
import TestDatabases
import Testing

@testable import HyperstepCollector

@Suite(
    "Through a pooler of connections",
    .needsDatabase, .mayBlock,
    .enabled(if: Pooler.program != nil, Comment(rawValue: Pooler.skipReason)), .mayBlock,
    .timeLimit(.minutes(20)))
struct PoolerTests {
    @Test(
        "A pooler of transactions is refused by every command, with what to use instead",
        arguments: ["transaction", "statement"], TestEdition.all)
    func transactions(mode: String, edition: TestEdition) async throws {
        try await withTestDatabase(edition) { database in
            _ = try Migrator(database.connect()).run()
            let pooler = try Pooler(database, mode: mode)
            let address = try pooler.database.address

            for _ in 0..<3 {
                let error = #expect(throws: PostgresError.self) { _ = try pooler.database.connect() }
                #expect(error?.kind == .settings)
                #expect(error?.message.contains("pool_mode = session") == true)
            }
            let migrating = await #expect(throws: PostgresError.self) {
                try await MigrateCommand(url: address, logger: .nobody).run()
            }
            #expect(migrating?.kind == .settings)
            let doctor = try await DoctorCommand(url: address).run()
            #expect(doctor.findings.map(\.check) == ["connection"])
            #expect(doctor.findings.first?.what.contains("pool_mode = session") == true)
            // A busy machine may not answer within the three seconds that a probe waits.
            let readiness = DatabaseReadiness(url: address, timeout: .seconds(600))
            guard case .notReady(let reason) = await readiness.check() else {
                Issue.record("ready through a pooler of transactions")
                return
            }
            #expect(reason.contains("pool_mode = session"))

            // Nothing is written: the producer keeps it, and is told why.
            let ingest = try makeIngest(pooler.database)
            var outcome = await ingest.commit(TestStream().batch(0..<20))
            let deadline = ContinuousClock.now + .seconds(600)
            while !"\(outcome)".contains("pool_mode"), ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(20))
                outcome = await ingest.commit(TestStream().batch(0..<20))
            }
            guard case .unavailable(let answer, _) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(answer.contains("pool_mode = session"))
            await ingest.drain(timeout: .seconds(20))
            #expect(try database.connect().query("SELECT FROM ingest_streams").count == 0)
        }
    }

    @Test(
        "It is noticed as well while others use the pool, in turns",
        arguments: TestEdition.all)
    func busy(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let pooler = try Pooler(database, mode: "transaction", settings: "server_round_robin = 1")
            for _ in 0..<5 {
                let error = #expect(throws: PostgresError.self) { _ = try pooler.database.connect() }
                #expect(error?.kind == .settings)
            }
        }
    }

    @Test("Through a pooler of sessions everything works", arguments: TestEdition.all)
    func sessions(edition: TestEdition) async throws {
        try await withTestDatabase(edition) { database in
            let pooler = try Pooler(database, mode: "session")
            try await Journey(edition: edition, database: pooler.database).run()
        }
    }

    @Test(
        "What an earlier client of the pooler left in a session is gone: locks, statements, settings, a role",
        arguments: TestEdition.all)
    func leftOver(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let pooler = try Pooler(
                database, mode: "session", settings: "server_reset_query =\ndefault_pool_size = 2")
            func leave() throws {
                let connection = try pooler.database.connect()
                try connection.execute(
                    "SELECT pg_advisory_lock(7); SET search_path TO nowhere; SET timezone TO 'Asia/Tokyo'")
                try connection.prepare("a run's row", "SELECT 1")
            }
            try leave()
            try leave()
            let connection = try pooler.database.connect()
            let found = try connection.query(
                """
                SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
                       (SELECT count(*) FROM pg_prepared_statements), current_setting('search_path'),
                       current_setting('timezone')
                """)
            #expect(found.int64(0, 0) == 0)
            #expect(found.int64(0, 1) == 0)
            #expect(found.text(0, 2) == "public, pg_temp")
            #expect(found.text(0, 3) == "UTC")
        }
    }

    @Test("A pool of sessions that is used up is no pool of transactions", arguments: TestEdition.all)
    func usedUp(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let pooler = try Pooler(database, mode: "session", settings: "default_pool_size = 1")
            let connection = try pooler.database.connect()
            #expect(try connection.query("SELECT 1::int8").int64(0, 0) == 1)
        }
    }
}
