import HyperstepPolicies
import HyperstepPostgres
import HyperstepWire
import Logging
import TestDatabases
import Testing

@testable import HyperstepCollector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite(
    "A database that is being restored",
    .needsSuperuser, .mayBlock,
    .timeLimit(.minutes(10)))
struct RestoreTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// How many rows lie in hypertables themselves; only a session with timescaledb.restoring can read them.
    private func rootRows(_ database: TestDatabase) throws -> Int64 {
        let superuser = try database.asSuperuser.connect()
        try superuser.execute("SET timescaledb.restoring = on")
        let counts = Hypertable.allCases.map { "(SELECT count(*) FROM ONLY public.\($0.name))" }
        return try superuser.query("SELECT \(counts.joined(separator: " + "))").int64(0, 0) ?? -1
    }

    /// Submits until the answer gives `reason`; nothing may be taken meanwhile.
    private func expectRefusal(_ ingest: Ingest, _ batch: Batch, _ reason: String) async throws {
        while true {
            guard case .unavailable(let said, _) = await ingest.commit(batch) else {
                Issue.record("a batch was taken during the restore")
                return
            }
            if said.contains(reason) { return }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test(
        "No record is acknowledged while a restore is under way, and afterwards all of them can be queried",
        arguments: TestEdition.withSuperuser)
    func nothingIsWrittenMeanwhile(edition: TestEdition) async throws {
        try await withIngest(edition) { running, database in
            let (old, new) = (TestStream(), TestStream())
            let others = StreamKind.allCases.map { KindStream(kind: $0) }
            #expect(await running.commitWhenReady(old.batch(0..<50)) == .committed(nextPosition: 50))
            let superuser = try database.asSuperuser.connect()
            _ = try superuser.query("SELECT timescaledb_pre_restore()")

            // One collector was connected before, the other one comes in the middle.
            let newcomer = try makeIngest(database)
            try await expectRefusal(running, old.batch(50..<100), "is being restored")
            try await expectRefusal(newcomer, new.batch(0..<50), "is being restored")
            for other in others {
                try await expectRefusal(running, other.batch(0..<50), "is being restored")
                try await expectRefusal(newcomer, other.batch(0..<50), "is being restored")
            }
            let readiness = DatabaseReadiness(url: try PostgresURL(database.url), timeout: .seconds(600))
            guard case .notReady(let reason) = await readiness.check() else {
                Issue.record("ready during a restore")
                return
            }
            #expect(reason.contains("timescaledb_post_restore()"))
            let report = try await DoctorCommand(url: PostgresURL(database.url)).run()
            #expect(report.findings.contains { $0.check == "writable" && $0.level == .error })
            // Neither a row in a table itself, nor a row of the ledger or a name that the dump may bring as well.
            #expect(try rootRows(database) == 0)
            let small = try database.connect().query(
                """
                SELECT (SELECT count(*) FROM ingest_streams), (SELECT count(*) FROM metrics),
                       (SELECT count(*) FROM series), (SELECT count(*) FROM models)
                """)
            #expect((0..<4).map { small.int64(0, $0) } == [1, 0, 0, 0])

            _ = try superuser.query("SELECT timescaledb_post_restore()")
            #expect(await running.commitWhenReady(old.batch(50..<100)) == .committed(nextPosition: 100))
            #expect(await newcomer.commitWhenReady(new.batch(0..<50)) == .committed(nextPosition: 50))
            for other in others {
                #expect(await newcomer.commitWhenReady(other.batch(0..<50)) == .committed(nextPosition: 50))
            }
            await newcomer.drain(timeout: .seconds(20))
            try expectExactly(old, 100, in: database)
            try expectExactly(new, 50, in: database)
            for other in others { try other.expectExactly(50, in: database) }
            #expect(try rootRows(database) == 0)
        }
    }

    @Test(
        "doctor finds rows that a session wrote into a table itself during a restore, and its SQL brings them back",
        arguments: TestEdition.withSuperuser)
    func rowsAreBroughtBack(edition: TestEdition) async throws {
        try await withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            _ = try MissingAggregates(connection).make(.standard)
            let superuser = try database.asSuperuser.connect()
            _ = try superuser.query("SELECT timescaledb_pre_restore()")
            // As a collector of an earlier release did.
            let refusal = try database.connect().refusal(
                of: """
                    INSERT INTO training_metrics (time, model_id, run_id, epoch, batch, step)
                    SELECT now() - make_interval(hours => i), gen_random_uuid(), gen_random_uuid(), 0, i, i
                    FROM generate_series(0, 71) AS i;
                    INSERT INTO system_metrics (time, instance_id, device)
                    SELECT now(), gen_random_uuid(), 'cpu' FROM generate_series(1, 3)
                    """)
            if let refusal {
                #expect(refusal.code == "0A000", "TimescaleDB 2.19 refuses such rows itself: \(refusal)")
                return
            }
            _ = try superuser.query("SELECT timescaledb_post_restore()")
            #expect(try connection.query("SELECT FROM training_metrics").count == 0)
            #expect(try rootRows(database) == 75)

            let doctor = try DoctorCommand(url: PostgresURL(database.url))
            let found = try await doctor.run().findings.filter { $0.check == "root-rows" }
            #expect(found.map(\.level) == [.error, .error])
            let admin = try database.asSuperuser.connect()
            for (finding, rows) in zip(found, [Int64(3), 72]) {
                let remedy = try #require(finding.remedy)
                let sql = try #require(remedy.firstRange(of: "SELECT ").map { remedy[$0.lowerBound...] })
                let statement = String(sql.prefix { $0 != ";" })
                #expect(try admin.query(statement).int64(0, 0) == rows, "\(statement)")
            }
            #expect(try connection.query("SELECT FROM training_metrics").count == 72)
            #expect(try connection.query("SELECT FROM system_metrics").count == 3)
            #expect(try rootRows(database) == 0)
            let after = try await doctor.run().findings.filter { $0.check == "root-rows" }
            #expect(after.map(\.level) == [.ok])
            if !edition.isCommunity {
                let notes = try connection.query(
                    "SELECT FROM hyperstep_internal.touched_buckets WHERE source = 'training_metrics'")
                #expect(notes.count == 72, "the aggregates are computed anew from what was brought back")
            }
        }
    }

    @Test(
        "migrate changes nothing in the middle of a restore, and policies are kept once it is over",
        arguments: TestEdition.withSuperuser)
    func migrateAndPolicies(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            try database.connect().execute("CREATE EXTENSION timescaledb")
            let superuser = try database.asSuperuser.connect()
            _ = try superuser.query("SELECT timescaledb_pre_restore()")
            #expect {
                _ = try Migrator(database.connect()).run()
            } throws: {
                "\($0)".contains("is being restored")
            }
            #expect(
                try database.connect().query("SELECT to_regclass('public.training_metrics') IS NULL")
                    .bool(0, 0) == true)
            _ = try superuser.query("SELECT timescaledb_post_restore()")
            _ = try Migrator(database.connect()).run()

            _ = try superuser.query("SELECT timescaledb_pre_restore()")
            let options = PolicyKeeper.Options(
                every: .zero,
                complaint: { connection throws(PostgresError) in try WriteObstacle.read(connection) })
            let keeper = PolicyKeeper(try PostgresURL(database.url), options: options, logger: logger)
            func differences() throws -> Int {
                try PolicyPlan.between(.standard, ObservedDatabase(database.connect())).changes.count
            }
            let before = try differences()
            #expect(before > 0)
            _ = keeper.round(.standard)
            #expect(try differences() == before)
            _ = try superuser.query("SELECT timescaledb_post_restore()")
            _ = keeper.round(.standard)
            #expect(try differences() < before)
            keeper.disconnect()
        }
    }
}

@Suite(
    "What a session took over when it began",
    .needsDatabase, .mayBlock,
    .timeLimit(.minutes(10)))
struct SessionStateTests {
    @Test(
        "A collector that connected while the database was read-only writes again once it is not",
        arguments: TestEdition.all)
    func readOnlyDatabase(edition: TestEdition) async throws {
        let stream = TestStream()
        try await withTestDatabase(edition) { database in
            let owner = try database.connect()
            _ = try Migrator(owner).run()
            let name = try owner.query("SELECT quote_ident(current_database())").text(0, 0) ?? ""
            try owner.execute("ALTER DATABASE \(name) SET default_transaction_read_only = on")
            let ingest = try makeIngest(database)
            while true {
                guard case .unavailable(let reason, _) = await ingest.commit(stream.batch(0..<9)) else {
                    Issue.record("taken by a read-only database")
                    return
                }
                if reason.contains("read-only") { break }
            }
            let readiness = DatabaseReadiness(url: try PostgresURL(database.url), timeout: .seconds(600))
            guard case .notReady = await readiness.check() else {
                Issue.record("a read-only database counts as ready")
                return
            }
            let report = try await DoctorCommand(url: PostgresURL(database.url)).run()
            #expect(report.findings.contains { $0.check == "writable" && $0.level == .error })
            try owner.execute("ALTER DATABASE \(name) RESET default_transaction_read_only")
            #expect(await ingest.commitWhenReady(stream.batch(0..<9)) == .committed(nextPosition: 9))
            await ingest.drain(timeout: .seconds(20))
            try expectExactly(stream, 9, in: database)
        }
    }

    @Test(
        "A session is replaced before it commits anything more once its role or database is set otherwise",
        arguments: TestEdition.all,
        ["DATABASE %d SET synchronous_commit = 'local'", "ROLE %r IN DATABASE %d SET work_mem = '5MB'"])
    func settings(edition: TestEdition, change: String) async throws {
        let stream = TestStream()
        try await withIngest(edition) { ingest, database in
            #expect(await ingest.commitWhenReady(stream.batch(0..<10)) == .committed(nextPosition: 10))
            #expect(await ingest.commit(stream.batch(10..<20)) == .committed(nextPosition: 20))
            #expect(ingest.statistics.snapshot.connections == 1)
            let owner = try database.connect()
            let names = try owner.query("SELECT quote_ident(current_database()), quote_ident(current_user)")
            let words = change.split(separator: " ").map {
                switch $0 {
                case "%d": names.text(0, 0) ?? ""
                case "%r": names.text(0, 1) ?? ""
                default: String($0)
                }
            }
            try owner.execute("ALTER " + words.joined(separator: " "))
            #expect(await ingest.commitWhenReady(stream.batch(20..<30)) == .committed(nextPosition: 30))
            #expect(ingest.statistics.snapshot.connections == 2)
            try expectExactly(stream, 30, in: database)
        }
    }
}
