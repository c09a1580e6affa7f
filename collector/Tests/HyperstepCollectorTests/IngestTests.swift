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

/// Runs `body` with a migrated database and an ingest that writes into it.
func withIngest(
    _ edition: TestEdition, writers: Int = 1, settings: WriterSettings = WriterSettings(),
    _ body: (Ingest, TestDatabase) async throws -> Void
) async throws {
    try await withTestDatabase(edition) { database in
        _ = try Migrator(database.connect()).run()
        let ingest = try makeIngest(database, writers: writers, settings: settings)
        try await body(ingest, database)
        await ingest.drain(timeout: .seconds(20))
    }
}

/// An ingest that is started and logs nothing.
func makeIngest(
    _ database: TestDatabase, writers: Int = 1, settings: WriterSettings = WriterSettings()
) throws -> Ingest {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let ingest = try Ingest(
        url: database.address, writers: writers, settings: settings, logger: logger)
    ingest.start()
    return ingest
}

@Suite(
    "Batches into a real database",
    .needsDatabase, .mayBlock)
struct IngestTests {
    @Test(
        "Every bit pattern of a double, extremes and absent columns come back as sent",
        arguments: TestEdition.all)
    func roundTrip(edition: TestEdition) async throws {
        let patterns: [UInt64] = [
            0x7ff8_0000_0000_0000, 0x7ff0_0000_0000_0001, 0xffff_ffff_ffff_ffff, 0x7ff0_0000_0000_0000,
            0xfff0_0000_0000_0000, 0x8000_0000_0000_0000, 0, 1, 0x000f_ffff_ffff_ffff, 0x7fef_ffff_ffff_ffff,
            0xffef_ffff_ffff_ffff, 0x7ff8_dead_beef_0001,
        ]
        let rows = 600  // more than two of the blocks in which rows are built
        var random = SeededGenerator(seed: 7)
        var steps = TrainingSteps(modelID: UUID(), runID: UUID(), attempt: .max, rank: 3)
        for row in 0..<rows {
            steps.times.append(row == 0 ? 0 : .max - Int64(rows - row) * 1_000)
            steps.steps.append([.min, .max, 0, -1][row % 4])
            steps.epochs.append([.min, .max, 0][row % 3])
            steps.batches.append([.max, .min][row % 2])
        }
        steps.columns = TrainingColumn.allCases.map { column in
            if column == .recall { return DoubleColumn() }
            return DoubleColumn(
                (0..<rows).map { row in
                    column != .loss && Int.random(in: 0..<3, using: &random) == 0
                        ? nil : Double(bitPattern: patterns[(row + column.rawValue) % patterns.count])
                })
        }
        let batch = Batch(
            stream: UUID(), firstPosition: 0, positionCount: UInt64(rows), records: .trainingSteps(steps))
        try await withIngest(edition) { ingest, database in
            #expect(await ingest.commitWhenReady(batch) == .committed(nextPosition: UInt64(rows)))
            let found = try database.connect().query(
                """
                SELECT \(TrainingColumn.allCases.map(\.name).joined(separator: ", ")), time, model_id, run_id, epoch,
                       batch, step, attempt, rank
                FROM training_metrics ORDER BY time
                """)
            try #require(found.count == rows)
            for (place, column) in steps.columns.enumerated() {
                let values = (0..<rows).map { found.double($0, place)?.bitPattern }
                #expect(values == column.rows(rows).map { $0?.bitPattern })
            }
            for row in 0..<rows {
                #expect(found.int64(row, 8) == PostgresTime.microseconds(fromNanoseconds: steps.times[row]))
                #expect(found.uuid(row, 9) == steps.modelID && found.uuid(row, 10) == steps.runID)
                #expect(found.int64(row, 11) == Int64(steps.epochs[row]))
                #expect(found.int64(row, 12) == Int64(steps.batches[row]))
                #expect(found.int64(row, 13) == steps.steps[row])
                #expect(found.int64(row, 14) == Int64(Int16.max) && found.int64(row, 15) == 3)
            }
        }
    }

    @Test(
        "A batch sent twice, overlapping, or early is written once, and answered by the ledger",
        arguments: TestEdition.all)
    func resends(edition: TestEdition) async throws {
        let stream = TestStream()
        try await withIngest(edition) { ingest, database in
            #expect(await ingest.commitWhenReady(stream.batch(0..<20)) == .committed(nextPosition: 20))
            #expect(await ingest.commit(stream.batch(0..<20)) == .committed(nextPosition: 20))
            #expect(await ingest.commit(stream.batch(5..<15)) == .committed(nextPosition: 20))
            #expect(await ingest.commit(stream.batch(30..<40)) == .gap(nextPosition: 20))
            #expect(await ingest.commit(stream.batch(12..<33, dropped: 4)) == .committed(nextPosition: 33))
            #expect(await ingest.commit(stream.batch(33..<34)) == .committed(nextPosition: 34))
            try expectExactly(stream, 34, in: database)
            let ledger = try database.connect().query(
                "SELECT dropped, run_id FROM ingest_streams WHERE stream_id = $1", [.uuid(stream.id)])
            #expect(ledger.int64(0, 0) == 4)
            #expect(ledger.uuid(0, 1) == stream.run)
            #expect(ingest.statistics.snapshot.gaps == 1)
            #expect(ingest.statistics.snapshot.duplicates == 2)
        }
    }

    @Test(
        "Batches of a stream that arrive out of order in one group are all written",
        arguments: TestEdition.all)
    func outOfOrder(edition: TestEdition) async throws {
        let stream = TestStream()
        var settings = WriterSettings()
        settings.groupDelay = .milliseconds(500)
        settings.groupQuiet = .milliseconds(100)
        try await withIngest(edition, settings: settings) { ingest, database in
            #expect(await ingest.commitWhenReady(stream.batch(0..<10)) == .committed(nextPosition: 10))
            let batches = [stream.batch(30..<40), stream.batch(20..<30), stream.batch(10..<20)]
            let expected: [IngestOutcome] = [
                .committed(nextPosition: 40), .committed(nextPosition: 30), .committed(nextPosition: 20),
            ]
            #expect(await ingest.commit(batches) == expected)
            try expectExactly(stream, 40, in: database)
        }
    }

    @Test("A skip moves the stream, and rows after it are written", arguments: TestEdition.all)
    func skip(edition: TestEdition) async throws {
        let stream = TestStream()
        let skip = Batch(
            stream: stream.id, firstPosition: 0, positionCount: 1_000_000,
            records: .skip(Skip(reason: .damaged, detail: "torn page")))
        try await withIngest(edition) { ingest, database in
            #expect(await ingest.commitWhenReady(skip) == .committed(nextPosition: 1_000_000))
            let next = await ingest.commit(stream.batch(1_000_000..<1_000_001))
            #expect(next == .committed(nextPosition: 1_000_001))
            let found = try database.connect().query("SELECT step FROM training_metrics")
            #expect(found.count == 1 && found.int64(0, 0) == 1_000_000)
        }
    }

    @Test(
        "Refused batches are kept with the reason, and every neighbour is written", arguments: TestEdition.all
    )
    func rejects(edition: TestEdition) async throws {
        let streams = (0..<8).map { _ in TestStream() }
        var settings = WriterSettings()
        settings.groupDelay = .seconds(2)
        settings.groupQuiet = .milliseconds(200)
        try await withIngest(edition, settings: settings) { ingest, database in
            let connection = try database.connect()
            // What a user's own constraint may do.
            try connection.execute("ALTER TABLE training_metrics ADD CHECK (step NOT IN (25, 57))")
            #expect(await ingest.commitWhenReady(streams[0].batch(0..<10)) == .committed(nextPosition: 10))
            let batches = streams.flatMap { stream in
                stride(from: UInt64(0), to: 80, by: 10).map { stream.batch($0..<$0 + 10) }
            }
            let outcomes = await ingest.commit(batches)
            for (batch, outcome) in zip(batches, outcomes) {
                if [20, 50].contains(batch.firstPosition) {
                    guard case .rejected(let refusal, let next) = outcome else {
                        Issue.record("\(batch.firstPosition): \(outcome)")
                        continue
                    }
                    #expect(refusal.reason.contains("23514"))
                    #expect(next == batch.lastPosition)
                } else {
                    #expect(outcome == .committed(nextPosition: batch.lastPosition))
                }
            }
            let kept = try connection.query(
                "SELECT stream_id, first_position, position_count, sqlstate, batch FROM ingest_rejects")
            #expect(kept.count == 16)
            for row in 0..<kept.count {
                let first = UInt64(kept.int64(row, 1) ?? 0)
                let stream = try #require(streams.first { $0.id == kept.uuid(row, 0) })
                let decoded = try kept.byteArray(row, 4)?.withUnsafeBytes { try Batch(decoding: $0) }
                #expect(decoded == stream.batch(first..<first + 10))
                #expect(kept.int64(row, 2) == 10 && kept.text(row, 3) == "23514")
            }
            for stream in streams {
                let expected = (0..<80).filter {
                    !stream.isVoid($0) && !(20..<30).contains($0) && !(50..<60).contains($0)
                }
                #expect(try steps(of: stream, in: database) == expected.map(Int64.init))
            }
            #expect(ingest.statistics.snapshot.rejects == 16)
        }
    }

    @Test(
        "Of a refused batch that overlaps, only what was not written before counts as refused",
        arguments: TestEdition.all)
    func rejectsTail(edition: TestEdition) async throws {
        let stream = TestStream()
        try await withIngest(edition) { ingest, database in
            let connection = try database.connect()
            try connection.execute("ALTER TABLE training_metrics ADD CHECK (step <> 15)")
            #expect(await ingest.commitWhenReady(stream.batch(0..<10)) == .committed(nextPosition: 10))
            guard case .rejected(_, nextPosition: 20) = await ingest.commit(stream.batch(5..<20)) else {
                Issue.record("not rejected")
                return
            }
            let kept = try connection.query("SELECT first_position, position_count FROM ingest_rejects")
            #expect(kept.int64(0, 0) == 10 && kept.int64(0, 1) == 10)
            #expect(await ingest.commit(stream.batch(5..<20)) == .committed(nextPosition: 20))
            #expect(await ingest.commit(stream.batch(20..<30)) == .committed(nextPosition: 30))
        }
    }

    @Test(
        "A run's events with JSON that PostgreSQL refuses are rejected, not tried for ever",
        arguments: TestEdition.all)
    func badJSON(edition: TestEdition) async throws {
        try await withIngest(edition) { ingest, _ in
            for json in ["{", "[1]", #"{"a": "\u0000"}"#, String(repeating: "[", count: 60_000)] {
                let stream = TestStream()
                let batch = stream.events([.changed(parametersJSON: json, tags: [])])
                guard case .rejected(_, nextPosition: 1) = await ingest.commitWhenReady(batch) else {
                    Issue.record("\(json.prefix(20)) was not rejected")
                    continue
                }
            }
        }
    }

    @Test(
        "Without a migrated schema nothing is taken, and the reason says what to run",
        arguments: TestEdition.all)
    func notMigrated(edition: TestEdition) async throws {
        let stream = TestStream()
        try await withTestDatabase(edition) { database in
            let ingest = try makeIngest(database)
            var seen = ""
            while !seen.contains("hyperstep-collector migrate") {
                guard case .unavailable(let reason, _) = await ingest.commit(stream.batch(0..<1)) else {
                    Issue.record("taken")
                    return
                }
                seen = reason
                try await Task.sleep(for: .milliseconds(5))
            }
            let readiness = await DatabaseReadiness(
                url: try PostgresURL(database.url), timeout: .seconds(600)
            ).check()
            guard case .notReady(let reason) = readiness else {
                Issue.record("ready")
                return
            }
            #expect(reason.contains("hyperstep-collector migrate"))
            _ = try Migrator(database.connect()).run()
            #expect(await ingest.commitWhenReady(stream.batch(0..<1)) == .committed(nextPosition: 1))
            #expect(
                await DatabaseReadiness(url: try PostgresURL(database.url), timeout: .seconds(600)).check()
                    == .ready)
            await ingest.drain(timeout: .seconds(5))
        }
    }

    @Test("Draining commits what waits and refuses what comes later", arguments: TestEdition.all)
    func drain(edition: TestEdition) async throws {
        let stream = TestStream()
        var settings = WriterSettings()
        settings.groupDelay = .seconds(60)
        settings.groupQuiet = .seconds(60)
        settings.groupRows = 9
        try await withIngest(edition, settings: settings) { ingest, database in
            #expect(await ingest.commitWhenReady(stream.batch(0..<14)) == .committed(nextPosition: 14))
            async let outcomes = ingest.commit((14..<19).map { stream.batch($0..<$0 + 1) })
            while ingest.waitingBatches < 5 { await Task.yield() }
            #expect(await ingest.drain(timeout: .seconds(10)))
            #expect(await outcomes == (15..<20).map { .committed(nextPosition: $0) })
            guard case .unavailable = await ingest.commit(stream.batch(19..<20)) else {
                Issue.record("taken after the drain")
                return
            }
            try expectExactly(stream, 19, in: database)
        }
    }

    @Test("A drain that cannot commit in time answers what waits, and ends", arguments: TestEdition.all)
    func drainInVain(edition: TestEdition) async throws {
        let stream = TestStream()
        try await withIngest(edition) { ingest, database in
            #expect(await ingest.commitWhenReady(stream.batch(0..<5)) == .committed(nextPosition: 5))
            let holder = try database.connect()
            try holder.execute("BEGIN; SELECT * FROM ingest_streams FOR UPDATE")
            async let outcome = ingest.commit(stream.batch(5..<10))
            let blocked = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            while try database.connect().query(blocked).bool(0, 0) != true { await Task.yield() }
            #expect(await ingest.drain(timeout: .milliseconds(50)) == false)
            guard case .unavailable = await outcome else {
                Issue.record("\(await outcome)")
                return
            }
            try holder.execute("ROLLBACK")
        }
    }

    @Test(
        "Beyond its bytes a mailbox refuses, and takes again once there is room", arguments: TestEdition.all)
    func overload(edition: TestEdition) async throws {
        let streams = (0..<20).map { _ in TestStream() }
        var settings = WriterSettings()
        settings.maxBytes = 5_000
        settings.groupDelay = .milliseconds(300)
        settings.groupQuiet = .milliseconds(300)
        try await withIngest(edition, settings: settings) { ingest, database in
            #expect(await ingest.commitWhenReady(streams[0].batch(0..<1)) == .committed(nextPosition: 1))
            let outcomes = await ingest.commit(streams.map { $0.batch(0..<1) })
            #expect(outcomes.filter { $0 == .committed(nextPosition: 1) }.count == 5)
            #expect(outcomes.filter { $0 == .overloaded(retryAfter: settings.retryAfter) }.count == 15)
            let again = await ingest.commit(streams[10].batch(0..<1))
            #expect(again == .committed(nextPosition: 1))
        }
    }
}

/// The steps in the database of one stream's run, in order.
func steps(of stream: TestStream, in database: TestDatabase) throws -> [Int64?] {
    let found = try database.connect().query(
        "SELECT step FROM training_metrics WHERE run_id = $1 ORDER BY step", [.uuid(stream.run)])
    return (0..<found.count).map { found.int64($0, 0) }
}

/// Checks that positions 0 ..< end of the stream are in the database, each once, with their values.
func expectExactly(_ stream: TestStream, _ end: UInt64, in database: TestDatabase) throws {
    let expected = (0..<end).filter { !stream.isVoid($0) }.map(Int64.init)
    let found = try steps(of: stream, in: database)
    if found != expected {
        Issue.record("\(found.count) of \(expected.count) steps; \(try whereaboutsOfSteps(in: database))")
    }
    let sums = try database.connect().query(
        """
        SELECT sum(loss), sum(learning_rate), count(loss) FROM training_metrics
        WHERE run_id = $1 AND model_id = $2 AND attempt = 1 AND rank = 2 AND epoch = step / 100 AND batch = step % 100
        """, [.uuid(stream.run), .uuid(stream.model)])
    let losses = expected.filter { $0 % 3 != 0 }
    #expect(sums.double(0, 0) ?? 0 == losses.reduce(0) { $0 + Double($1) + 0.5 })
    #expect(sums.double(0, 1) ?? 0 == expected.reduce(0) { $0 + Double($1) / 8 })
    #expect(sums.int64(0, 2) == Int64(losses.count))
}

/// Where the rows of training_metrics are, for a test that does not find them: a table's own rows are none of a
/// hypertable's.
private func whereaboutsOfSteps(in database: TestDatabase) throws -> String {
    let rows = try database.connect().query(
        """
        SELECT format('in all %s, in the table itself %s, chunks: %s', (SELECT count(*) FROM training_metrics),
            (SELECT count(*) FROM ONLY training_metrics),
            (SELECT string_agg(inhrelid::regclass::text, ', ') FROM pg_inherits
            WHERE inhparent = 'training_metrics'::regclass))
        """)
    return rows.text(0, 0) ?? ""
}
