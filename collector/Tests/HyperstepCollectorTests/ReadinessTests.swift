import HyperstepPolicies
import HyperstepPostgres
import HyperstepWire
import TestDatabases
import Testing

@testable import HyperstepCollector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite(
    "Readiness and doctor",
    .needsDatabase, .mayBlock,
    .timeLimit(.minutes(10)))
struct ReadinessTests {
    /// One that asks each time that it is asked, and always tries to write.
    private func eager(_ database: TestDatabase, _ ingest: Ingest? = nil) throws -> DatabaseReadiness {
        try DatabaseReadiness(
            url: PostgresURL(database.url), ingest: ingest, validity: .zero, writeInterval: .zero,
            timeout: .seconds(600))
    }

    /// Expects a reason that has one of these words.
    private func expectNotReady(_ readiness: DatabaseReadiness, _ words: String...) async {
        guard case .notReady(let reason) = await readiness.check() else {
            Issue.record("ready, though: \(words)")
            return
        }
        #expect(words.contains { reason.contains($0) }, "\(reason)")
    }

    private func doctorSays(_ database: TestDatabase) async throws -> Finding? {
        try await DoctorCommand(url: PostgresURL(database.url)).run().findings.first { $0.check == "write" }
    }

    @Test("A table that was dropped makes the collector not ready", arguments: TestEdition.all)
    func droppedTable(edition: TestEdition) async throws {
        let stream = TestStream()
        try await withIngest(edition) { ingest, database in
            #expect(await ingest.commitWhenReady(stream.batch(0..<9)) == .committed(nextPosition: 9))
            let readiness = try eager(database, ingest)
            #expect(await readiness.check() == .ready)
            #expect(try await doctorSays(database)?.level == .ok)
            try database.connect().execute("DROP TABLE service_histogram CASCADE")
            await expectNotReady(readiness, "service_histogram")
            // Though all that comes can be committed, and nothing is tried that would be rolled back.
            #expect(await ingest.commit(stream.batch(9..<20)) == .committed(nextPosition: 20))
            let patient = try DatabaseReadiness(
                url: PostgresURL(database.url), ingest: ingest, timeout: .seconds(600))
            await expectNotReady(patient, "service_histogram")
            let finding = try await doctorSays(database)
            #expect(finding?.level == .error && finding?.what.contains("service_histogram") == true)
        }
    }

    @Test(
        "Writers whose every group fails with a full disk make the collector not ready until one is committed",
        arguments: TestEdition.all)
    func failingWriters(edition: TestEdition) async throws {
        let stream = TestStream()
        var settings = WriterSettings()
        settings.attempts = 2
        try await withIngest(edition, settings: settings) { ingest, database in
            #expect(await ingest.commitWhenReady(stream.batch(0..<9)) == .committed(nextPosition: 9))
            let readiness = try eager(database, ingest)
            #expect(await readiness.check() == .ready)
            let connection = try database.connect()
            try connection.execute(
                """
                CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
                END $$;
                CREATE TRIGGER full_disk BEFORE INSERT ON training_metrics
                FOR EACH ROW EXECUTE FUNCTION full_disk()
                """)
            // The write that is rolled back tells, and so does the group that fails.
            await expectNotReady(try eager(database), "53100")
            guard case .unavailable = await ingest.commit(stream.batch(9..<20)) else {
                Issue.record("committed")
                return
            }
            await expectNotReady(readiness, "53100")
            #expect(ingest.health.obstacle?.contains("53100") == true)
            let finding = try await doctorSays(database)
            #expect(finding?.level == .error && finding?.remedy?.contains("disk is full") == true)
            try connection.execute("DROP TRIGGER full_disk ON training_metrics")
            #expect(await ingest.commitWhenReady(stream.batch(9..<20)) == .committed(nextPosition: 20))
            #expect(await readiness.check() == .ready)
            #expect(try await doctorSays(database)?.level == .ok)
        }
    }

    #if os(Linux)
        /// The doctor has to find that nothing can be written. The disk is filled again where the database's own
        /// processes made room before the doctor wrote.
        private func expectDoctorFindsFullDisk(
            _ database: TestDatabase, _ readiness: DatabaseReadiness, _ filler: PostgresConnection
        ) async throws {
            for _ in 0..<20 {
                let report = try await DoctorCommand(url: PostgresURL(database.url)).run()
                if report.findings.contains(where: {
                    ["write", "connection"].contains($0.check) && $0.level == .error
                }) {
                    return
                }
                try await expectNotReadyOnFullDisk(readiness, filler)
            }
            Issue.record("the doctor found nothing on a full disk")
        }

        /// Fills the disk and expects that it makes the collector not ready. What the database's own processes
        /// remove in the meantime is filled as well: a write that finds room on the disk rightly succeeds.
        private func expectNotReadyOnFullDisk(
            _ readiness: DatabaseReadiness, _ filler: PostgresConnection
        ) async throws {
            for _ in 0..<20 {
                for size in [1_000_000, 100_000, 6_000] {
                    while filler.refusal(of: "INSERT INTO filler VALUES (repeat('x', \(size)))") == nil {}
                }
                guard case .notReady(let reason) = await readiness.check() else { continue }
                // PostgreSQL may be short of room for a file that it wants to write for each new session.
                #expect(reason.contains("53100") || reason.contains("could not write init file"))
                return
            }
            Issue.record("ready on a full disk")
        }

        @Test(
            "A disk that is full makes the collector not ready until there is room",
            .enabled(if: !SmallDisk.editions.isEmpty, Comment(rawValue: SmallDisk.skipReason)),
            arguments: SmallDisk.editions)
        func fullDisk(edition: TestEdition) async throws {
            let stream = TestStream()
            try await withDatabaseOnSmallDisk(edition, megabytes: 96) { database in
                let connection = try database.connect()
                _ = try Migrator(connection).run()
                let ingest = try makeIngest(database)
                let readiness = try eager(database, ingest)
                while await readiness.check() != .ready { try await Task.sleep(for: .milliseconds(5)) }
                let filler = try database.asSuperuser.connect()
                try filler.execute(
                    """
                    CREATE TABLE filler (bytes text);
                    ALTER TABLE filler ALTER bytes SET STORAGE EXTERNAL
                    """)
                try await expectNotReadyOnFullDisk(readiness, filler)
                try await expectDoctorFindsFullDisk(database, readiness, filler)
                guard case .unavailable(let reason, _) = await ingest.commit(stream.batch(0..<5_000)) else {
                    Issue.record("committed on a full disk")
                    return
                }
                #expect(reason.contains("53100"))
                try await expectNotReadyOnFullDisk(readiness, filler)
                try filler.execute("DROP TABLE filler")
                let outcome = await ingest.commitWhenReady(stream.batch(0..<5_000))
                #expect(outcome == .committed(nextPosition: 5_000))
                #expect(await readiness.check() == .ready)
                await ingest.drain(timeout: .seconds(20))
                try expectExactly(stream, 5_000, in: database)
            }
        }
    #endif

    @Test(
        "However often readiness is asked, as the collector's role, it writes at most once a minute and leaves nothing behind",
        .needsSuperuser, .mayBlock,
        arguments: TestEdition.withSuperuser)
    func leavesNothing(edition: TestEdition) async throws {
        try await withTestRoles(edition) { database, prefix in
            let fixture = try RoleFixture(database, prefix)
            let readiness = try DatabaseReadiness(
                url: PostgresURL(fixture.collector.url), validity: .zero, timeout: .seconds(600))
            let connection = try fixture.superuser.connect()
            // A chunk that is made and rolled back takes a number all the same.
            let chunks = "SELECT last_value FROM _timescaledb_catalog.chunk_id_seq"
            let before = try connection.query(chunks).int64(0, 0) ?? 0
            let start = ContinuousClock.now
            for _ in 0..<30 { #expect(await readiness.check() == .ready) }
            // A busy machine may take minutes for them.
            let minutes = (ContinuousClock.now - start).components.seconds / 60
            #expect(try connection.query(chunks).int64(0, 0) ?? 0 <= before + 1 + minutes)
            let always = try eager(fixture.collector)
            for _ in 0..<3 { #expect(await always.check() == .ready) }
            #expect(try connection.query(chunks).int64(0, 0) ?? 0 >= before + 3)
            let tables = try connection.lines(
                """
                SELECT c.oid::regclass::text FROM pg_class AS c
                WHERE c.relkind = 'r' AND c.relname NOT IN ('hyperstep_schema_migrations', 'roles')
                  AND c.relnamespace IN ('public'::regnamespace, 'hyperstep_internal'::regnamespace)
                """)
            #expect(tables.count > 15)
            for table in tables {
                #expect(try connection.query("SELECT FROM \(table) LIMIT 1").count == 0, "\(table)")
            }
            #expect(try connection.query("SELECT show_chunks('training_metrics')").count == 0)
            try connection.execute("INSERT INTO metrics (name) VALUES ('first')")
            #expect(try connection.query("SELECT id FROM metrics").int64(0, 0) == 1)
        }
    }

    @Test(
        "A writer that has no session, or whose groups fail in a row, is an obstacle; one lost session is none"
    )
    func health() {
        let health = WriterHealth(writers: 2)
        #expect(health.obstacle != nil, "nobody has connected")
        health.connected(0)
        #expect(health.obstacle != nil, "one has not connected")
        health.connected(1)
        #expect(health.obstacle == nil)
        let lost = PostgresError(kind: .connectionLost, message: "lost")
        health.failed(1, lost)
        health.disconnected(1, reason: "away")
        #expect(health.obstacle == "away")
        health.connected(1)
        #expect(health.obstacle == nil, "the server was started anew")
        health.failed(1, lost)
        health.connected(1)
        #expect(health.obstacle?.contains("lost") == true, "it ends with each group")
        health.committed(0)
        #expect(health.obstacle != nil, "the other writer still fails")
        health.committed(1)
        #expect(health.obstacle == nil)
        health.failed(0, PostgresError(code: "53100", message: "full"))
        #expect(health.obstacle?.contains("full") == true)
    }
}
