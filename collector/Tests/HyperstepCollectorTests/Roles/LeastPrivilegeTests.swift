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
    "What the roles may do",
    .needsSuperuser, .mayBlock)
struct LeastPrivilegeTests {
    /// A database with roles, rows, and on Community aggregates and policies.
    private func withRoles(
        _ edition: TestEdition, _ body: (RoleFixture) async throws -> Void
    ) async throws {
        try await withTestRoles(edition) { database, prefix in
            let fixture = try RoleFixture(database, prefix)
            let owner = try fixture.superuser.connect()
            try owner.execute("SET ROLE \(fixture.names.owner)")
            try owner.execute(threeDays)
            if edition.isCommunity {
                try owner.execute(twoAggregates)
                try owner.execute("SELECT hyperstep_internal.set_retention('training_metrics', '100 years')")
                try RoleGrants.renew(owner)
            }
            try await body(fixture)
        }
    }

    @Test("As the collector's role records of every kind are committed", arguments: TestEdition.withSuperuser)
    func ingest(edition: TestEdition) async throws {
        try await withRoles(edition) { fixture in
            let (steps, events) = (TestStream(), TestStream())
            let ingest = try makeIngest(fixture.collector, writers: 2)
            let readiness = await DatabaseReadiness(
                url: try PostgresURL(fixture.collector.url), timeout: .seconds(600)
            ).check()
            #expect(readiness == .ready)
            #expect(await ingest.commitWhenReady(steps.batch(0..<500)) == .committed(nextPosition: 500))
            #expect(await ingest.commit(steps.batch(250..<1_000)) == .committed(nextPosition: 1_000))
            let model = Model(id: events.model, name: "mlp", version: "1")
            let told: [RunEvent.Event] = [
                .started(
                    RunStarted(
                        project: "p", name: "n", model: model, parametersJSON: "{}", tags: ["t"], host: "h",
                        processID: 1, sdk: "s")),
                .heartbeat, .finished(.finished, reason: ""),
            ]
            #expect(await ingest.commitWhenReady(events.events(told)) == .committed(nextPosition: 3))
            // A resume, whose attempt supersedes what is there.
            let resumed = UUID()
            for (attempt, numbers) in [(Int16(0), [Int64(0), 1, 2]), (2, [1])] {
                var rows = TrainingSteps(modelID: steps.model, runID: resumed, attempt: attempt)
                rows.times = numbers.map { TestStream.epoch + $0 }
                rows.steps = numbers
                let batch = Batch(
                    stream: UUID(), firstPosition: 0, positionCount: UInt64(numbers.count),
                    records: .trainingSteps(rows))
                #expect(await ingest.commit(batch) == .committed(nextPosition: batch.positionCount))
            }
            let seen = try fixture.reader.connect().lines(
                "SELECT step || ':' || attempt FROM training_steps WHERE run_id = '\(resumed)' ORDER BY 1")
            #expect(seen == ["0:0", "1:2"])
            // Refused for what it holds: kept in ingest_rejects.
            let bad = events.events([.changed(parametersJSON: "{", tags: [])], at: 3)
            guard case .rejected(_, nextPosition: 4) = await ingest.commit(bad) else {
                Issue.record("not rejected")
                return
            }
            let others = StreamKind.allCases.map { KindStream(kind: $0) }
            let outcomes = await ingest.commit(others.map { $0.batch(0..<200) })
            #expect(outcomes.allSatisfy { $0 == .committed(nextPosition: 200) })
            await ingest.drain(timeout: .seconds(20))
            try expectExactly(steps, 1_000, in: fixture.reader)
            for stream in others { try stream.expectExactly(200, in: fixture.reader) }
            let percentile = "SELECT series_percentile(ARRAY(SELECT id FROM series), 0.5, now(), now())"
            let all = try #require(fixture.reader.connect().refusal(of: percentile))
            #expect(all.message.contains("expected one unit"), "as the reader's role")
            let run = try fixture.reader.connect().query(
                "SELECT status FROM runs WHERE id = $1", [.uuid(events.run)])
            #expect(run.count == 1 && run.text(0, 0) == "finished")
            #expect(try fixture.reader.connect().lines("SELECT sqlstate FROM ingest_rejects").count == 1)
        }
    }

    @Test(
        "Leave to insert is enough for direct compression, into new chunks and old",
        arguments: TestEdition.withSuperuser.filter(\.isCommunity))
    func directCompress(edition: TestEdition) async throws {
        try await withRoles(edition) { fixture in
            let collector = try fixture.collector.connect()
            _ = try collector.query(
                "SELECT hyperstep_internal.set_columnstore('training_metrics', 'model_id, run_id', 'time desc')"
            )
            // Older servers have no direct compression; leave to insert has to be enough there as well.
            let isDirect =
                try collector.bool(
                    "EXISTS (SELECT FROM pg_settings WHERE name = 'timescaledb.enable_direct_compress_copy')")
                == true
            for age in ["300 days", "2 hours"] {
                let lines = try collector.lines(
                    """
                    SELECT concat_ws(',', t, md5('m')::uuid, md5('r')::uuid, 0, 0, 0)
                    FROM generate_series(now() - INTERVAL '\(age)', now() - INTERVAL '\(age)' + INTERVAL '30 minutes',
                                         INTERVAL '1 second') AS t
                    """)
                let text = Array(lines.joined(separator: "\n").utf8)
                try collector.execute("BEGIN")
                if isDirect {
                    try collector.execute("SET LOCAL timescaledb.enable_direct_compress_copy = on")
                }
                try collector.copyIn(
                    "COPY training_metrics (time, model_id, run_id, epoch, batch, step) FROM STDIN (FORMAT csv)"
                ) { writer throws(PostgresError) in
                    try text.withUnsafeBufferPointer { bytes throws(PostgresError) in
                        try writer.write(UnsafeRawBufferPointer(bytes))
                    }
                }
                try collector.execute("COMMIT")
            }
            let chunks = try collector.lines(
                """
                SELECT chunk_name::text FROM timescaledb_information.chunks
                WHERE hypertable_name = 'training_metrics' AND is_compressed
                """)
            if isDirect { #expect(chunks.count >= 2) }
            #expect(
                try collector.query("SELECT count(*) FROM training_metrics").int64(0, 0) == 72 + 2 * 1_801)
            let owners = try collector.lines(
                """
                SELECT DISTINCT relowner::regrole::text FROM pg_class
                WHERE relkind = 'r' AND relnamespace = '_timescaledb_internal'::regnamespace AND relname ~ 'hyper'
                """)
            #expect(owners == [fixture.names.owner])
        }
    }

    @Test("As the collector's role every policy is set", arguments: TestEdition.withSuperuser)
    func policies(edition: TestEdition) async throws {
        try await withRoles(edition) { fixture in
            let collector = try fixture.collector.connect()
            for call in PolicyCalls.all(edition) {
                #expect(try collector.bool("hyperstep_internal." + call) == true, "\(call)")
                #expect(try collector.bool("hyperstep_internal." + call) == false, "\(call) again")
            }
            let drop = "SELECT hyperstep_internal.drop_chunks_older('training_metrics', INTERVAL '1 day')"
            #expect(try collector.query(drop).int64(0, 0) ?? 0 > 40)
            #expect(try collector.query(drop).int64(0, 0) == 0)
        }
    }

    @Test("The collector's role is refused everything else", arguments: TestEdition.withSuperuser)
    func collectorRefusals(edition: TestEdition) async throws {
        try await withRoles(edition) { fixture in
            let collector = try fixture.collector.connect()
            let chunk = try #require(
                try collector.lines("SELECT show_chunks('training_metrics')::text LIMIT 1").first)
            let statements = Forbidden.toCollector(chunk: chunk, fixture.names, edition)
            #expect(statements.count > 60)
            for (sql, code) in statements {
                let error = collector.refusal(of: sql)
                #expect(error?.code == code, "\(sql): \(error.map(\.description) ?? "done")")
            }
            #expect(try collector.query("SELECT count(*) FROM training_metrics").int64(0, 0) == 72)
        }
    }

    @Test(
        "The reader's role reads everything public, and writes nothing", arguments: TestEdition.withSuperuser)
    func reader(edition: TestEdition) async throws {
        try await withRoles(edition) { fixture in
            let reader = try fixture.reader.connect()
            let relations = try reader.lines(
                """
                SELECT oid::regclass::text FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm')
                """)
            #expect(relations.count >= (edition.isCommunity ? 14 : 12))
            for relation in relations {
                #expect(reader.refusal(of: "SELECT count(*) FROM \(relation)") == nil, "\(relation)")
            }
            #expect(
                reader.refusal(
                    of: "SELECT float8_avg(hyperstep_internal.moments(loss)) FROM training_metrics") == nil)
            for relation in relations {
                let error = reader.refusal(of: "DELETE FROM \(relation)")
                #expect(error != nil && ["42501", "55000"].contains(error?.code), "\(relation)")
            }
            let more = Forbidden.toEverybody(fixture.names) + Forbidden.toReader
            for (sql, code) in more {
                let error = reader.refusal(of: sql)
                #expect(error?.code == code, "\(sql): \(error.map(\.description) ?? "done")")
            }
        }
    }

    @Test("Tables of a caller's own are not taken for the catalog's", arguments: TestEdition.withSuperuser)
    func shadowing(edition: TestEdition) async throws {
        try await withRoles(edition) { fixture in
            let collector = try fixture.collector.connect()
            for table in ["pg_attribute", "pg_class", "pg_namespace", "hypertable", "jobs"] {
                try collector.execute("CREATE TEMP TABLE \(table) ()")
            }
            try collector.execute("SET search_path = pg_temp, pg_catalog")
            for call in PolicyCalls.all(edition) {
                #expect(try collector.bool("hyperstep_internal." + call) == true, "\(call)")
            }
        }
    }
}
