import Foundation
import HyperstepPolicies
import HyperstepPostgres
import HyperstepWire
import Logging
import Synchronization
import TestDatabases
import Testing

@testable import HyperstepCollector

@Suite(
    "Policies at work while rows come",
    .needsDatabase, .mayBlock)
struct UnderLoadTests {
    private static let declared = """
        hypertables:
          training_metrics:
            compress_after: 2 hours
            retention: 3 days
        """

    @Test(
        "Late rows while compression, refresh and retention run: no writer in a deadlock, no row lost, aggregates equal the rows",
        arguments: TestEdition.all)
    func lateRows(edition: TestEdition) async throws {
        let policies = try PolicyFile.parse(Self.declared, name: "policies.yaml")
        try await LivePolicies.with(edition, policies) { live in
            // What retention drops meanwhile, in chunks of its own.
            try live.insertTraining(minutes: 600, endingAgo: "100 hours")
            try live.apply()
            let load = try LateLoad(live, seed: 7)
            let work = Maintaining(live)
            let edition = try live.edition
            async let maintaining: Void = onThread { try concurrently(work.loops(of: edition)) }
            await load.run()
            await load.stop()
            work.stop()
            try await maintaining

            #expect(work.rounds.load(ordering: .relaxed) > 0)
            let lost =
                "SELECT count(*), count(DISTINCT step), sum(step)::bigint FROM training_metrics WHERE run_id = $1"
            for stream in load.streams {
                let row = try live.database.connect().query(lost, [.uuid(stream.run)])
                let n = Int64(LateLoad.count)
                #expect([row.int64(0, 0), row.int64(0, 1), row.int64(0, 2)] == [n, n, n * (n - 1) / 2])
            }
            // TimescaleDB's own jobs now and then meet in a deadlock over a chunk that one of them drops; one of
            // them fails and is run again. No writer is ever part of it. (On a slow machine one may wait for a
            // lock for longer than it is to.)
            #expect(load.deadlocks == [])
            // A continuous aggregate shows late rows when they are computed; one of the collector's, at once.
            if edition == .apache { try expectAggregatesEqualRows(live, "not all computed yet") }
            try work.finish()
            // Only now: of the database's own jobs each may have failed until then.
            let old = "SELECT count(*) FROM training_metrics WHERE time < now() - INTERVAL '80 hours'"
            #expect(try live.number(old) == 0)
            try expectAggregatesEqualRows(live, "all computed")
        }
    }

    @Test(
        "Transactions of several hours each, by two writers, while their chunks are compressed again and again: no deadlock",
        arguments: TestEdition.all)
    func manyHours(edition: TestEdition) async throws {
        let policies = try PolicyFile.parse(Self.declared, name: "policies.yaml")
        try await LivePolicies.with(edition, policies) { live in
            try live.apply()
            let load = try LateLoad(live, seed: 11)
            let work = Maintaining(live)
            let edition = try live.edition
            async let maintaining: Void = onThread { try concurrently(work.loops(of: edition)) }
            await load.runAtOnce()
            await load.stop()
            work.stop()
            try await maintaining
            #expect(load.deadlocks == [])
            try work.finish()
            // A query that begins while a job of the database's own compresses a chunk may not see its rows then.
            let all = Int64(load.streams.count * LateLoad.count)
            var rows: Int64?
            for _ in 0..<100 where rows != all {
                rows = try live.number("SELECT count(*) FROM training_metrics")
                if rows != all { try await Task.sleep(for: .milliseconds(100)) }
            }
            #expect(rows == all)
        }
    }

    /// Of the rows that are there: what was dropped stays in the aggregates.
    private func expectAggregatesEqualRows(_ live: LivePolicies, _ when: Comment) throws {
        for (name, width) in [
            ("training_metrics_minutely", "1 minute"), ("training_metrics_hourly", "1 hour"),
        ] {
            let wrong = try live.number(
                """
                SELECT count(*) FROM (
                    SELECT bucket, run_id, attempt, sample_count, min_step, max_step, min_loss, max_loss,
                           loss_non_finite
                    FROM \(name) WHERE bucket > now() - INTERVAL '70 hours') a
                FULL JOIN (
                    SELECT time_bucket('\(width)', time) AS bucket, run_id, attempt, count(*) AS sample_count,
                           min(step) AS min_step, max(step) AS max_step,
                           min(loss) FILTER (WHERE abs(loss) < 'Infinity') AS min_loss,
                           max(loss) FILTER (WHERE abs(loss) < 'Infinity') AS max_loss,
                           count(*) FILTER (WHERE NOT abs(loss) < 1e100) AS loss_non_finite
                    FROM training_metrics WHERE time_bucket('\(width)', time) > now() - INTERVAL '70 hours'
                    GROUP BY 1, 2, 3) r USING (bucket, run_id, attempt)
                WHERE (a.sample_count, a.min_step, a.max_step, a.min_loss, a.max_loss, a.loss_non_finite)
                    IS DISTINCT FROM
                    (r.sample_count, r.min_step, r.max_step, r.min_loss, r.max_loss, r.loss_non_finite)
                """)
            #expect(wrong == 0, "\(name), \(when.rawValue)")
        }
    }
}

/// Waits for what blocks, without one of the few threads that tasks share.
private func onThread(_ body: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}

/// Runs whose rows are up to 60 hours late: half of the batches in one hour each, half spread over all of them.
private struct LateLoad {
    static let count = 15_000

    struct Stream {
        let id = UUID()
        let run = UUID()
        let model = UUID()
    }

    let streams = (0..<3).map { _ in Stream() }
    private let ingest: Ingest
    private let log = LogLines()
    private let seed: UInt64
    private let now = Int64(Date().timeIntervalSince1970) * 1_000_000_000
    private static let hour: Int64 = 3_600_000_000_000

    init(_ live: LivePolicies, seed: UInt64) throws {
        self.seed = seed
        var options = Ingest.Options()
        options.writers = 2
        ingest = try Ingest(url: PostgresURL(live.database.url), options: options, logger: log.logger)
        ingest.start()
    }

    /// What the writer says of transactions that the database ended for a deadlock.
    var deadlocks: [String] { log.all.filter { $0.contains("is done again") && $0.contains("40P01") } }

    /// Sends what each stream has, batch after batch.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            for (index, stream) in streams.enumerated() {
                group.addTask { await send(stream, SplitMix(seed: seed &+ UInt64(index))) }
            }
        }
    }

    /// Sends all batches of all streams before any is answered, so that a transaction has many.
    func runAtOnce() async {
        await withTaskGroup(of: Void.self) { group in
            for (index, stream) in streams.enumerated() {
                group.addTask {
                    var random = SplitMix(seed: seed &+ UInt64(index))
                    let batches = stride(from: 0, to: Self.count, by: 1_500).map {
                        batch(stream, $0..<$0 + 1_500, &random)
                    }
                    while await !commit(batches) { try? await Task.sleep(for: .milliseconds(20)) }
                }
            }
        }
    }

    /// Whether all of them are committed, as those are that were before.
    private func commit(_ batches: [Batch]) async -> Bool {
        let (outcomes, answer) = AsyncStream.makeStream(of: Bool.self)
        for batch in batches {
            ingest.submit(batch, bytes: 100_000) { outcome in
                switch outcome {
                case .committed: answer.yield(true)
                case .rejected(let refusal, _):
                    Issue.record("rejected: \(refusal)")
                    answer.yield(true)
                default: answer.yield(false)
                }
            }
        }
        return await outcomes.prefix(batches.count).allSatisfy(\.self)
    }

    func stop() async { await ingest.drain(timeout: .seconds(60)) }

    private func send(_ stream: Stream, _ random: SplitMix) async {
        var random = random
        var first = 0
        while first < Self.count {
            let last = min(Self.count, first + 1_500)
            let batch = batch(stream, first..<last, &random)
            // Answered only when committed; what is refused for now is sent again, as a shipper does.
            while true {
                let outcome = await withCheckedContinuation { continuation in
                    ingest.submit(batch, bytes: 100_000) { continuation.resume(returning: $0) }
                }
                if case .committed = outcome { break }
                if case .rejected(let refusal, _) = outcome {
                    Issue.record("rejected: \(refusal)")
                    break
                }
                try? await Task.sleep(for: .milliseconds(20))
            }
            first = last
        }
    }

    private func batch(_ stream: Stream, _ rows: Range<Int>, _ random: inout SplitMix) -> Batch {
        var steps = TrainingSteps(modelID: stream.model, runID: stream.run, attempt: 0, rank: 0)
        let oneHour = Int64.random(in: 1..<60, using: &random)
        let isSpread = Bool.random(using: &random)
        for row in rows {
            let hour = isSpread ? Int64.random(in: 1..<60, using: &random) : oneHour
            let back = hour * Self.hour - Int64.random(in: 0..<Self.hour / 1_000, using: &random) * 1_000
            steps.times.append(now - back)
            steps.steps.append(Int64(row))
        }
        steps[.loss] = DoubleColumn(
            values: rows.map { $0 % 50 == 0 ? .nan : Double.random(in: -1...1, using: &random) })
        return Batch(
            stream: stream.id, firstPosition: UInt64(rows.lowerBound), positionCount: UInt64(rows.count),
            records: .trainingSteps(steps))
    }
}

/// What the database's jobs do, or the collector where there are none, over and over, each on a connection of
/// its own.
private final class Maintaining: Sendable {
    let rounds = Atomic(0)
    private let isStopped = Atomic(false)
    private let live: LivePolicies

    init(_ live: LivePolicies) { self.live = live }

    private static let kinds = [
        "policy_compression", "policy_retention", "policy_refresh_continuous_aggregate",
    ]

    func stop() { isStopped.store(true, ordering: .relaxed) }

    func loops(of edition: Edition) -> [@Sendable () throws -> Void] {
        switch edition {
        case .community:
            Self.kinds.map { kind in
                { [self] in try untilStopped { try runJobs(kind, $0) } }
            }
        case .apache:
            [
                { [self] in
                    try untilStopped { connection in
                        try AggregateRefresher(connection).refresh(.trainingMetrics)
                    }
                },
                { [self] in
                    try untilStopped { connection in
                        _ = try connection.query(
                            "SELECT hyperstep_internal.drop_chunks_older('training_metrics', INTERVAL '3 days')"
                        )
                    }
                },
            ]
        }
    }

    /// Does once more what there is to do, alone: now nothing may fail.
    func finish() throws {
        let connection = try live.database.connect()
        if try live.edition == .community {
            for kind in Self.kinds { try runJobs(kind, connection, mayFail: false) }
        } else {
            try AggregateRefresher(connection).refresh(.trainingMetrics)
        }
    }

    private func untilStopped(_ work: (PostgresConnection) throws -> Void) throws {
        var options = PostgresConnection.Options()
        options.operationTimeout = .seconds(120)
        let connection = try live.database.connect(options)
        repeat {
            try work(connection)
            rounds.add(1, ordering: .relaxed)
            // Without a pause the loops take the processors from the writers that they are to meet.
            Thread.sleep(forTimeInterval: 0.02)
        } while !isStopped.load(ordering: .relaxed)
    }

    /// In this session, as the background workers do on their schedules.
    private func runJobs(_ kind: String, _ connection: PostgresConnection, mayFail: Bool = true) throws {
        let jobs = try connection.query(
            """
            SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = $1 ORDER BY job_id
            """, [.text(kind)])
        for row in 0..<jobs.count {
            do throws(PostgresError) {
                try connection.execute("CALL run_job(\(jobs.int64(row, 0) ?? 0))")
            } catch {
                // TimescaleDB's jobs fail on a chunk that another of them drops or locks, and are run again.
                guard mayFail, error.kind != .connectionLost else { throw error }
            }
        }
    }
}
