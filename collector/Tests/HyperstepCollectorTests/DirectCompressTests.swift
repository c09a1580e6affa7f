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

extension TestEdition {
    /// Whether rows can be compressed on their way in.
    var compressesDirectly: Bool { name == "community" && TestEdition.isNewest }
}

/// What `policies apply` does to the table of steps, where the edition can.
func enableColumnstore(_ edition: TestEdition, _ database: TestDatabase) throws {
    guard edition.compressesDirectly else { return }
    try database.connect().execute(
        """
        ALTER TABLE training_metrics SET (timescaledb.enable_columnstore,
            timescaledb.segmentby = 'model_id, run_id', timescaledb.orderby = 'time DESC')
        """)
}

@Suite(
    "Rows compressed on their way in",
    .needsDatabase, .mayBlock)
struct DirectCompressTests {
    /// Gathers what is submitted at once into one transaction.
    private var oneGroup: WriterSettings {
        var settings = WriterSettings()
        settings.groupDelay = .seconds(2)
        settings.groupQuiet = .milliseconds(150)
        return settings
    }

    private func withColumnstore(
        _ edition: TestEdition, _ settings: WriterSettings = WriterSettings(),
        _ body: (Ingest, TestDatabase) async throws -> Void
    ) async throws {
        try await withTestDatabase(edition) { database in
            _ = try Migrator(database.connect()).run()
            try enableColumnstore(edition, database)
            let ingest = try makeIngest(database, settings: settings)
            try await body(ingest, database)
            await ingest.drain(timeout: .seconds(20))
        }
    }

    /// All that there is of a run, but for its name, as bits.
    private func bits(of run: UUID, in database: TestDatabase) throws -> String? {
        let columns = TrainingColumn.allCases.map { "float8send(\($0.name))" }.joined(separator: ", ")
        return try database.connect().query(
            """
            SELECT md5(string_agg(row::text, ';' ORDER BY row)) FROM (
                SELECT ROW(time, epoch, batch, step, attempt, rank, \(columns)) AS row
                FROM training_metrics WHERE run_id = $1) AS rows
            """, [.uuid(run)]
        ).text(0, 0)
    }

    @Test("They come back bit for bit as those that were not", arguments: TestEdition.all)
    func bitForBit(edition: TestEdition) async throws {
        var random = SeededGenerator(seed: 3)
        let odd: [UInt64] = [
            0x7ff8_0000_0000_0000, 0x7ff0_0000_0000_0001, 0xffff_ffff_ffff_ffff, 0x7ff0_0000_0000_0000,
            0xfff0_0000_0000_0000, 0x8000_0000_0000_0000, 0, 1, 0x7ff8_dead_beef_0001,
        ]
        var steps = TrainingSteps(modelID: UUID(), runID: UUID(), attempt: 7, rank: 1)
        let rows = 3_000
        steps.times = (0..<rows).map { _ in
            TestStream.epoch + .random(in: 0..<1_000_000_000_000, using: &random)
        }
        steps.steps = (0..<rows).map { _ in .random(in: .min ... .max, using: &random) }
        steps.epochs = (0..<rows).map { _ in .random(in: .min ... .max, using: &random) }
        steps.batches = (0..<rows).map { _ in .random(in: .min ... .max, using: &random) }
        steps.columns = (0..<TrainingColumn.allCases.count).map { column in
            DoubleColumn(
                (0..<rows).map { _ in
                    switch Int.random(in: 0..<4 + column, using: &random) {
                    case 0: nil
                    case 1: Double(bitPattern: odd.randomElement(using: &random)!)
                    default: Double(bitPattern: .random(in: 0 ... .max, using: &random))
                    }
                })
        }
        var digests: Set<String?> = []
        try await withTestDatabase(edition) { database in
            _ = try Migrator(database.connect()).run()
            try enableColumnstore(edition, database)
            for mode in DirectCompress.allCases {
                var settings = WriterSettings()
                settings.directCompress = mode
                let ingest = try makeIngest(database, settings: settings)
                steps.runID = UUID()
                let batch = Batch(
                    stream: UUID(), firstPosition: 0, positionCount: UInt64(rows),
                    records: .trainingSteps(steps))
                #expect(await ingest.commitWhenReady(batch) == .committed(nextPosition: UInt64(rows)))
                await ingest.drain(timeout: .seconds(20))
                let compressed = mode == .auto && edition.compressesDirectly ? rows : 0
                #expect(ingest.statistics.snapshot.compressedRows == compressed)
                #expect(ingest.statistics.snapshot.storedRows == rows - compressed)
                digests.insert(try bits(of: steps.runID, in: database))
            }
        }
        #expect(digests.count == 1 && !digests.contains(nil))
    }

    @Test(
        "Of one group the large streams are compressed and the small ones stored", arguments: TestEdition.all)
    func mixedGroup(edition: TestEdition) async throws {
        let streams = (0..<20).map { _ in TestStream() }
        try await withColumnstore(edition, oneGroup) { ingest, database in
            _ = await ingest.commitWhenReady(streams[0].batch(0..<7))
            let sizes = streams.indices.map { UInt64($0 % 5 == 0 ? 2_100 : 14) }
            let outcomes = await ingest.commit(zip(streams, sizes).map { $0.batch(0..<$1) })
            #expect(outcomes == sizes.map { .committed(nextPosition: $0) })
            for (stream, size) in zip(streams, sizes) { try expectExactly(stream, size, in: database) }
            let statistics = ingest.statistics.snapshot
            // Six of seven positions are rows; the first six rows of stream 0 were stored before.
            #expect(statistics.compressedRows == (edition.compressesDirectly ? 4 * 1_800 - 6 : 0))
            #expect(statistics.compressedRows + statistics.storedRows == 4 * 1_800 + 16 * 12)
            #expect(statistics.fallbacks == 0)
        }
    }

    @Test(
        "Rows of two chunks in one transaction are stored, many as they are, and each is there once",
        arguments: TestEdition.all)
    func twoChunks(edition: TestEdition) async throws {
        let streams = [TestStream(), TestStream()]
        try await withColumnstore(edition, oneGroup) { ingest, database in
            _ = await ingest.commitWhenReady(streams[0].batch(0..<7))
            var batches = streams.map { $0.batch(0..<2_100) }
            guard case .trainingSteps(var steps) = batches[1].records else { return }
            steps.times = steps.times.map { $0 - 3 * 3_600_000_000_000 }
            batches[1].records = .trainingSteps(steps)
            #expect(await ingest.commit(batches) == batches.map { _ in .committed(nextPosition: 2_100) })
            let statistics = ingest.statistics.snapshot
            #expect(statistics.compressedRows == 0 && statistics.storedRows == 2 * 1_800)
        }
    }

    @Test(
        "Late rows, many or few, into chunks compressed long ago: all there, once", arguments: TestEdition.all
    )
    func lateRows(edition: TestEdition) async throws {
        let stream = TestStream()
        let late = TestStream()
        try await withColumnstore(edition, oneGroup) { ingest, database in
            let connection = try database.connect()
            let compress = "SELECT compress_chunk(c) FROM show_chunks('training_metrics') c"
            _ = await ingest.commitWhenReady(stream.batch(0..<3_000))
            for round in UInt64(0)..<3 {
                if edition.compressesDirectly { try connection.execute(compress) }
                let first = round * 1_000
                let outcomes = await ingest.commit([
                    late.batch(first..<first + 1_000), stream.batch(3_000 + round * 20..<3_020 + round * 20),
                ])
                #expect(
                    outcomes == [first + 1_000, 3_020 + round * 20].map { .committed(nextPosition: $0) })
                try expectExactly(late, first + 1_000, in: database)
                try expectExactly(stream, 3_020 + round * 20, in: database)
            }
            guard edition.compressesDirectly else { return }
            #expect(ingest.statistics.snapshot.compressedRows >= 3 * 857)
            try connection.execute(compress)
            let status = try connection.query(
                "SELECT _timescaledb_functions.chunk_status_text(c)::text FROM show_chunks('training_metrics') c"
            )
            #expect(status.count == 1 && status.text(0, 0)?.contains("PARTIAL") == false)
            try expectExactly(late, 3_000, in: database)
            try expectExactly(stream, 3_060, in: database)
        }
    }

    @Test("A server that will not compress is believed: rows stored, said once, not tried again for a while")
    func fallback() async throws {
        guard let edition = TestEdition.all.first(where: \.compressesDirectly) else { return }
        let stream = TestStream()
        try await withColumnstore(edition) { ingest, database in
            _ = await ingest.commitWhenReady(stream.batch(0..<1_000))
            #expect(ingest.statistics.snapshot.compressedRows == 857)
            try database.connect().execute(
                """
                CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
                CREATE TRIGGER look BEFORE INSERT ON training_metrics FOR EACH ROW EXECUTE FUNCTION look()
                """)
            for end in stride(from: UInt64(2_000), through: 4_000, by: 1_000) {
                let outcome = await ingest.commit(stream.batch(end - 1_000..<end))
                #expect(outcome == .committed(nextPosition: end))
            }
            try expectExactly(stream, 4_000, in: database)
            let statistics = ingest.statistics.snapshot
            #expect(statistics.fallbacks == 1)
            #expect(statistics.compressedRows == 857 && statistics.storedRows == 3_429 - 857)
        }
    }

    @Test("Rows that break a constraint are refused on this way, too", arguments: TestEdition.all)
    func constraints(edition: TestEdition) async throws {
        let streams = (0..<2).map { _ in TestStream() }
        try await withColumnstore(edition, oneGroup) { ingest, database in
            try database.connect().execute("ALTER TABLE training_metrics ADD CHECK (step <> 1500)")
            _ = await ingest.commitWhenReady(streams[0].batch(0..<1_000))
            let outcomes = await ingest.commit([streams[0].batch(1_000..<2_000), streams[1].batch(0..<1_000)])
            guard case .rejected(_, 2_000) = outcomes[0] else {
                Issue.record("\(outcomes[0])")
                return
            }
            #expect(outcomes[1] == .committed(nextPosition: 1_000))
            try expectExactly(streams[0], 1_000, in: database)
        }
    }

    @Test(
        "What a table must be to be compressed into is read from the database", arguments: TestEdition.all)
    func facts(edition: TestEdition) throws {
        try withTestDatabase(edition) { database in
            let connection = try database.connect()
            _ = try Migrator(connection).run()
            func compressible() throws -> [Hypertable: Set<String>] {
                try WriteFacts(connection).compressible
            }
            #expect(try compressible() == [:])
            try enableColumnstore(edition, database)
            let expected: [Hypertable: Set<String>] =
                edition.compressesDirectly ? [.trainingMetrics: ["model_id", "run_id"]] : [:]
            let facts = try WriteFacts(connection)
            #expect(facts.compressible == expected)
            #expect(facts.edition.rawValue == edition.name)
            #expect(facts.chunkLength(of: .trainingMetrics) == 3_600_000_000_000)
            #expect(facts.chunkLength(of: .experiments) == 86_400_000_000_000)
            try connection.execute("CREATE UNIQUE INDEX u ON training_metrics (time, run_id, step)")
            #expect(try compressible() == [:])
            try connection.execute("DROP INDEX u")
            #expect(try compressible() == expected)
            try connection.execute(
                "ALTER TABLE training_metrics ADD CONSTRAINT f FOREIGN KEY (model_id) REFERENCES models (id)")
            #expect(try compressible() == [:])
        }
    }

    @Test("Tables segmented by columns that are not counted, paused ones, and those of nobody are left alone")
    func allowed() {
        var facts = WriteFacts()
        facts.compressible = [.trainingMetrics: ["run_id"], .experiments: []]
        var compression = DirectCompression(.auto)
        #expect(compression.allows(.trainingMetrics, segmentColumns: ["model_id", "run_id"], facts))
        #expect(compression.allows(.experiments, segmentColumns: [], facts))
        #expect(!compression.allows(.trainingMetrics, segmentColumns: ["model_id"], facts))
        #expect(!compression.allows(.runMetrics, segmentColumns: ["run_id"], facts))
        #expect(!DirectCompression(.off).allows(.experiments, segmentColumns: [], facts))
        compression.fellBack(.experiments)
        #expect(!compression.allows(.experiments, segmentColumns: [], facts))
        #expect(compression.allows(.trainingMetrics, segmentColumns: ["run_id"], facts))
    }
}
