import HyperstepPostgres
import TestDatabases
import Testing

@testable import HyperstepCollector
@testable import HyperstepPolicies

@Suite(
    "A TimescaleDB whose internal catalogue has another shape",
    .needsSuperuser, .mayBlock)
struct UnknownCatalogTests {
    /// What a later release might call other names. TimescaleDB's library finds columns by their place and its views hold
    /// what they were made of, so both go on working, as they would in that release.
    private static let renamed = [
        ("chunk", "status"), ("compression_settings", "compress_relid"),
        ("compression_chunk_size", "numrows_pre_compression"), ("continuous_aggs_watermark", "watermark"),
    ]

    private static let limits = PolicyExecutor.Limits(lock: .seconds(30), statement: .seconds(60))

    private func withRows(
        _ edition: TestEdition, _ body: (PostgresConnection, TestDatabase) throws -> Void
    ) throws {
        try withTestDatabase(edition) { database in
            // The extension is the superuser's, so that its catalogue can be changed.
            let superuser = try database.asSuperuser.connect()
            try superuser.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            let observed = try ObservedDatabase(connection)
            let created = try PolicyExecutor(connection, limits: Self.limits).run(
                PolicyPlan.between(.standard, observed).changes, unless: { _ in nil })
            #expect(created.allSatisfy { $0.result == .done })
            try connection.execute(
                """
                INSERT INTO training_metrics (time, model_id, run_id, epoch, batch, step, loss)
                SELECT now() - INTERVAL '8 hours' + n * INTERVAL '2 seconds',
                       '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002', 0, 0, n, 1
                FROM generate_series(1, 10000) AS n;
                """)
            if edition.name == "community" {
                try connection.execute(
                    "SELECT compress_chunk(c) FROM show_chunks('training_metrics', older_than => INTERVAL '4 hours') AS c"
                )
                // A job of the database's own may refresh it meanwhile: this waits for its turn.
                _ = try AggregateRefresher(connection).refreshWindow(
                    .trainingMetricsMinutely, from: nil, to: nil)
            }
            try connection.execute("ANALYZE")
            try body(superuser, database)
        }
    }

    /// A release of which no part of the catalogue has a shape that is known, down to the numbers of hypertables.
    private func hideAll(_ superuser: PostgresConnection) throws {
        try superuser.execute(
            """
            CREATE OR REPLACE FUNCTION hyperstep_internal.catalog_has(catalog_table text, VARIADIC columns text[])
            RETURNS boolean LANGUAGE sql AS 'SELECT false'
            """)
    }

    private func rename(_ superuser: PostgresConnection, _ columns: [(String, String)]) throws {
        try superuser.execute("SET allow_system_table_mods TO on")
        for (table, column) in columns {
            try superuser.execute(
                "ALTER TABLE _timescaledb_catalog.\(table) RENAME COLUMN \(column) TO \(column)_of_tomorrow")
        }
    }

    @Test(
        "Policies are planned, applied and shown all the same, and figures are near",
        arguments: TestEdition.withSuperuser)
    func works(edition: TestEdition) throws {
        try withRows(edition) { superuser, database in
            let before = try DatabaseStatus(database.connect())
            let observed = try ObservedDatabase(database.connect())
            try hideAll(superuser)
            let connection = try database.connect()
            #expect(try ObservedDatabase(connection) == observed)
            let after = try DatabaseStatus(connection)
            let (known, unknown) = (
                try #require(before.hypertables.first), try #require(after.hypertables.first)
            )
            #expect(unknown.volume.chunks == known.volume.chunks)
            #expect(unknown.volume.compressedChunks == known.volume.compressedChunks)
            // TimescaleDB's own estimate of what is compressed is taken then.
            #expect(abs(unknown.volume.rows - 10_000) < 3_000, "\(unknown.volume.rows)")
            #expect(unknown.volume.bytesBefore == known.volume.bytesBefore)
            #expect(after.aggregates.map(\.aggregate) == before.aggregates.map(\.aggregate))
            #expect(after.aggregates.map(\.bucket) == before.aggregates.map(\.bucket))
            let minutely = after.aggregates.first { $0.aggregate == .trainingMetricsMinutely }
            #expect(
                minutely?.computedUntil
                    == before.aggregates.first { $0.aggregate == .trainingMetricsMinutely }?.computedUntil)
            #expect(after.jobs.map(\.relation) == before.jobs.map(\.relation))

            var declared = PolicySet.standard
            declared.hypertables[.trainingMetrics]?.retention = .days(3)
            declared.hypertables[.runMetrics]?.chunkInterval = .fixed(.hours(5))
            let plan = PolicyPlan.between(declared, try ObservedDatabase(connection))
            let done = try PolicyExecutor(connection, limits: Self.limits).run(
                plan.changes, unless: { _ in nil })
            #expect(!done.isEmpty && done.allSatisfy { $0.result == .done }, "\(done)")
            #expect(PolicyPlan.between(declared, try ObservedDatabase(connection)).changes.isEmpty)
        }
    }

    @Test("Doctor names what it cannot read, and does not fail by it", arguments: TestEdition.withSuperuser)
    func doctor(edition: TestEdition) throws {
        try withRows(edition) { superuser, database in
            let doctor = Doctor(policies: .standard)
            #expect(
                !doctor.examine(try database.connect()).findings.contains {
                    $0.check == "timescaledb-catalog"
                })
            try rename(superuser, Self.renamed)
            let findings = doctor.examine(try database.connect()).findings
            let catalog = findings.filter { $0.check == "timescaledb-catalog" }
            #expect(catalog.map(\.level) == [.warning])
            for part in ["chunk status", "columnstore tables", "compressed rows", "watermarks"] {
                #expect(catalog.first?.what.contains(part) == true, "\(part)")
            }
            #expect(!findings.contains { $0.what.contains("not looked at") }, "\(findings)")
        }
    }
}
