import HyperstepPostgres
import TestDatabases
import Testing

@testable import HyperstepCollector

@Suite("Upgrades of databases that hold data")
struct UpgradeTests {
    /// Every version that a release may have left, paired with each edition.
    private static let cases = MigrationSet.embedded.versioned.dropLast().flatMap { migration in
        TestEdition.all.map { (migration.version ?? 0, $0) }
    }

    @Test("A database of an earlier version keeps its rows and takes new ones", arguments: cases)
    func keepsRows(version: Int32, edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            var earlier = MigrationSet.embedded
            earlier.versioned.removeAll { $0.version ?? 0 > version }
            // Comments name tables that did not exist then.
            earlier.repeatable = []
            _ = try Migrator(connection, migrations: earlier).run()
            try fill(connection)
            let before = try contents(connection)

            _ = try Migrator(connection).run()
            #expect(try SchemaState.read(connection) == .current)
            #expect(try contents(connection) == before)
            try fill(connection)
            #expect(try connection.query("SELECT count(*) FROM training_metrics").int64(0, 0) == 10_000)
        }
    }

    @Test(
        "Compressed samples of the machine keep their values when they get more columns",
        .needsCommunity, .mayBlock)
    func compressedSamples() throws {
        let edition = try #require(TestEdition.community)
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            var earlier = MigrationSet.embedded
            let added = try #require(
                earlier.versioned.firstIndex { $0.name.hasSuffix("_service_metrics.sql") })
            earlier.versioned.removeSubrange(added...)
            earlier.repeatable = []
            _ = try Migrator(connection, migrations: earlier).run()
            let insert = """
                INSERT INTO system_metrics (time, instance_id, device, memory_used_bytes)
                SELECT timestamptz '2026-01-01' + i * interval '1 minute', gen_random_uuid(), 'cpu', i
                FROM generate_series(1, 5000) i
                """
            try connection.execute(
                """
                ALTER TABLE system_metrics SET (timescaledb.enable_columnstore,
                    timescaledb.segmentby = 'device', timescaledb.orderby = 'time DESC');
                \(insert);
                SELECT compress_chunk(c) FROM show_chunks('system_metrics') AS c
                """)
            _ = try Migrator(connection).run()
            try connection.execute(
                "\(insert); UPDATE system_metrics SET disk_read_bytes = 7 WHERE device = 'none'")
            let sums = try connection.query(
                "SELECT count(*), sum(memory_used_bytes)::int8, count(disk_read_bytes) FROM system_metrics")
            #expect((0..<3).map { sums.int64(0, $0) } == [10_000, 25_005_000, 0])
        }
    }

    private func fill(_ connection: PostgresConnection) throws {
        try connection.execute(
            """
            INSERT INTO models (id, name, updated) VALUES (gen_random_uuid(), 'digits', now());
            INSERT INTO runs (id, project, name, status) VALUES (gen_random_uuid(), 'p', 'n', 'finished');
            INSERT INTO ingest_streams (stream_id, next_position) VALUES (gen_random_uuid(), 42);
            INSERT INTO ingest_rejects (stream_id, first_position, position_count, reason, sqlstate, batch)
            VALUES (gen_random_uuid(), 0, 1, 'why', '22000', '\\x00');
            INSERT INTO experiments (time, experiment_id, status) VALUES (now(), gen_random_uuid(), 'running');
            INSERT INTO training_metrics (time, model_id, run_id, epoch, batch, loss, step)
            SELECT timestamptz '2026-01-01' + i * interval '30 seconds', '00000000-0000-0000-0000-000000000001',
                   '00000000-0000-0000-0000-000000000002', 0, i, CASE WHEN i % 7 = 0 THEN float8 'NaN' ELSE i END, i
            FROM generate_series(1, 5000) i;
            """)
    }

    private func contents(_ connection: PostgresConnection) throws -> [String?] {
        try [
            "SELECT md5(string_agg(t::text, ',' ORDER BY step)) FROM training_metrics t",
            "SELECT string_agg(id || name || updated, ',' ORDER BY id) FROM models",
            "SELECT string_agg(id || status || attempt || parameters::text, ',' ORDER BY id) FROM runs",
            "SELECT string_agg(stream_id || ':' || next_position, ',' ORDER BY stream_id) FROM ingest_streams",
            "SELECT string_agg(stream_id || reason || batch::text, ',' ORDER BY stream_id) FROM ingest_rejects",
            "SELECT string_agg(experiment_id || status || time, ',' ORDER BY time) FROM experiments",
        ].map { try connection.query($0).text(0, 0) }
    }
}
