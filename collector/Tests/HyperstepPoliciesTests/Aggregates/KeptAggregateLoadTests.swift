import HyperstepPolicies
import HyperstepPostgres
import Synchronization
import TestDatabases
import Testing

private let apache = TestEdition.apache

@Suite(
    "Aggregates that the collector keeps, under load",
    .needsApache, .mayBlock)
struct KeptAggregateLoadTests {
    @Test(
        "Writers, two refreshers that are killed at random, and readers: every answer is exact, and nothing is lost",
        arguments: [1, 2] as [UInt64])
    func killed(seed: UInt64) throws {
        let edition = try #require(apache)
        try withTestDatabase(edition) { database in
            let it = try AggregateDatabase(database, edition)
            let load = Load(database: database, edition: edition, seed: seed, writers: 2, transactions: 60)
            try concurrently(
                load.writers + [
                    { try load.refreshUntilWritten(0) }, { try load.refreshUntilWritten(1) },
                    { try load.killUntilWritten() }, { try load.readUntilWritten() },
                ])
            #expect(load.kills.withLock(\.self) > 0)
            let rows = load.written.withLock(\.self)
            try it.expect(rows, "real time")
            for hypertable in Hypertable.allCases { try it.refresher.refresh(hypertable) }
            #expect(try it.number("SELECT count(*) FROM hyperstep_internal.touched_buckets") == 0)
            try it.expect(rows, "refreshed")
        }
    }

    @Test("Aggregates made while writers are at work miss no row", arguments: [3, 4] as [UInt64])
    func madeUnderLoad(seed: UInt64) throws {
        let edition = try #require(apache)
        try withTestDatabase(edition) { database in
            let it = try AggregateDatabase(database, edition, aggregates: [])
            let load = Load(database: database, edition: edition, seed: seed, writers: 3, transactions: 25)
            try concurrently(
                load.writers + [
                    {
                        let connection = try database.connect()
                        for aggregate in Aggregate.allCases {
                            try load.waitForTransactions(10 + 10 * (aggregate.base == nil ? 0 : 1))
                            try inTransaction(connection) {
                                for sql in AggregateSQL.create(aggregate, .standard, edition: .apache) {
                                    try connection.execute(sql)
                                }
                            }
                            try AggregateRefresher(connection).refresh(aggregate.hypertable)
                        }
                    }
                ])
            let rows = load.written.withLock(\.self)
            try it.expect(rows, "real time")
            for hypertable in Hypertable.allCases { try it.refresher.refresh(hypertable) }
            try it.expect(rows, "refreshed")
        }
    }
}

/// Threads that write, refresh, kill and read, until the writers are done.
private final class Load: Sendable {
    let database: TestDatabase
    let edition: TestEdition
    let seed: UInt64
    let writerCount: Int
    let transactions: Int
    let written = Mutex<[any TestRow]>([])
    let kills = Mutex(0)
    private let done = Mutex(0)
    private let committed = Mutex(0)
    private let refreshing = Mutex<[Int: Int32]>([:])

    init(database: TestDatabase, edition: TestEdition, seed: UInt64, writers: Int, transactions: Int) {
        self.database = database
        self.edition = edition
        self.seed = seed
        writerCount = writers
        self.transactions = transactions
    }

    private var isWriting: Bool { done.withLock { $0 < writerCount } }

    var writers: [@Sendable () throws -> Void] {
        (0..<writerCount).map { number in
            {
                defer { self.done.withLock { $0 += 1 } }
                try self.write(number)
            }
        }
    }

    private func write(_ number: Int) throws {
        let it = try AggregateDatabase(opened: database, edition)
        var source = RandomRows(seed: seed &* 100 &+ UInt64(number))
        for _ in 0..<transactions {
            let rows = source.batch(Int.random(in: 1...60, using: &source.random), hours: 2)
            // Several writers create chunks at once, which PostgreSQL may call a deadlock: again, as the collector
            // does.
            while true {
                do {
                    try it.write(rows)
                    break
                } catch let error as PostgresError where error.kind == .retryable {}
            }
            written.withLock { $0 += rows }
            committed.withLock { $0 += 1 }
        }
    }

    func waitForTransactions(_ count: Int) throws {
        let connection = try database.connect()
        while isWriting, committed.withLock({ $0 < count }) {
            _ = try connection.query("SELECT pg_sleep(0.005)")
        }
    }

    func refreshUntilWritten(_ number: Int) throws {
        var random = Seeded(seed &+ 1000 &+ UInt64(number))
        while isWriting {
            let connection = try database.connect()
            refreshing.withLock { $0[number] = connection.serverProcess }
            var refresher = AggregateRefresher(connection)
            do {
                while isWriting {
                    refresher.notesPerTransaction = Int.random(in: 1...200, using: &random)
                    try refresher.refresh(
                        Hypertable.allCases.randomElement(using: &random) ?? .trainingMetrics)
                }
            } catch {
                guard [.connectionLost, .retryable].contains(error.kind) else { throw error }
            }
        }
    }

    func killUntilWritten() throws {
        var random = Seeded(seed &+ 2000)
        let connection = try database.connect()
        while isWriting {
            _ = try connection.query("SELECT pg_sleep(\(Double.random(in: 0.001..<0.15, using: &random)))")
            guard let process = refreshing.withLock({ $0.values.randomElement(using: &random) }) else {
                continue
            }
            let killed = try connection.query("SELECT pg_terminate_backend($1)", [.int32(process)])
            if killed.bool(0, 0) == true { kills.withLock { $0 += 1 } }
        }
    }

    /// One snapshot sees rows and aggregates alike, whatever is refreshed or not.
    func readUntilWritten() throws {
        let connection = try database.connect()
        while isWriting {
            // A statement by itself is planned before its snapshot is taken, and may miss a chunk made in between.
            try connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            let counts = try connection.query(
                """
                SELECT (SELECT count(*) FROM training_metrics),
                       (SELECT coalesce(sum(sample_count), 0)::bigint FROM training_metrics_minutely),
                       (SELECT coalesce(sum(sample_count), 0)::bigint FROM training_metrics_hourly),
                       (SELECT count(*) FROM run_metrics),
                       (SELECT coalesce(sum(sample_count), 0)::bigint FROM run_metrics_hourly)
                """)
            try connection.execute("COMMIT")
            #expect(counts.int64(0, 0) == counts.int64(0, 1))
            #expect(counts.int64(0, 0) == counts.int64(0, 2))
            #expect(counts.int64(0, 3) == counts.int64(0, 4))
        }
    }
}
