import HyperstepCollector
import HyperstepPolicies
import HyperstepPostgres
import SampleData
import TestDatabases

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A database with generated rows, and the same rows in memory.
struct SampleDatabase {
    let data: SampleData
    let connection: PostgresConnection
    let steps: [(run: SampleRun, step: SampleStep)]
    let windows: [(server: SampleServer, window: SampleWindow)]
    /// The time of the transaction in which all is asked, microseconds since 2000: what now() is.
    let now: Int64

    /// Two days of few rows, in chunks of an hour and a day; what is older than six hours is compressed, where that
    /// can be had.
    ///
    /// - Parameter schema: of Hyperstep's tables; where it is not the standard one, public has others of their names.
    static func with(
        _ edition: TestEdition, schema: PostgresSchema = .standard, _ body: (SampleDatabase) throws -> Void
    ) throws {
        try withTestDatabase(edition) { database in
            var database = database
            if schema != .standard {
                try database.connect().execute(
                    "CREATE TABLE models (a int8); CREATE TABLE runs (a int8); CREATE TABLE training_metrics (a int8)"
                )
                database.schema = schema
            }
            var options = PostgresConnection.Options()
            options.operationTimeout = .seconds(600)
            let connection = try database.connect(options)
            _ = try Migrator(connection).run()
            _ = try MissingAggregates(connection).make(.standard)
            var shape = SampleShape(end: Int64(Date().timeIntervalSince1970 * 1e9))
            shape.days = 2
            shape.trainingRows = 30_000
            shape.runs = 12
            shape.models = 5
            shape.lossesPerNaN = 1_000
            shape.servingInterval = 120
            shape.servingLoad = 0.2
            shape.machineInterval = 120
            let data = SampleData(shape)
            try SampleLoader(data, connection).loadAll()
            if edition.name == "community" { try compress(connection) }
            for aggregate in Aggregate.allCases {
                try AggregateRefresher(connection).refreshWindow(aggregate, from: nil, to: nil)
            }
            try connection.execute("BEGIN")
            let now = try connection.query("SELECT now()").int64(0, 0) ?? 0
            try body(
                SampleDatabase(
                    data: data, connection: connection,
                    steps: data.runs.flatMap { run in data.steps(of: run).map { (run, $0) } },
                    windows: data.servers.flatMap { server in data.windows(of: server).map { (server, $0) } },
                    now: now))
        }
    }

    private static func compress(_ connection: PostgresConnection) throws {
        for hypertable in Hypertable.allCases {
            let policy = PolicySet.standard[hypertable]
            let order = policy.orderBy.map { $0.description }
            try connection.execute(
                """
                ALTER TABLE \(hypertable.name) SET (timescaledb.enable_columnstore,
                    timescaledb.segmentby = '\(policy.segmentBy.joined(separator: ", "))',
                    timescaledb.orderby = '\(order.joined(separator: ", "))');
                SELECT compress_chunk(c)
                FROM show_chunks('\(hypertable.name)', older_than => now() - INTERVAL '6 hours') c
                """)
        }
    }

    func ask(_ name: String, _ variables: [String: String] = [:]) throws -> PostgresResult {
        try connection.query(QuestionSQL.text(name, variables))
    }

    /// Microseconds since 2000, as the database has it.
    static func time(_ nanoseconds: Int64) -> Int64 {
        PostgresTime.microseconds(fromNanoseconds: nanoseconds)
    }

    /// The beginning of a bucket; time_bucket's origin is a Monday, which whole days do not care about.
    static func bucket(_ nanoseconds: Int64, seconds: Int64) -> Int64 {
        let time = time(nanoseconds)
        let width = seconds * 1_000_000
        return time - ((time % width) + width) % width
    }

    /// Rows since so many hours ago.
    func steps(hours: Int64, where isIncluded: (SampleRun) -> Bool = { _ in true })
        -> [(run: SampleRun, step: SampleStep)]
    {
        steps.filter { isIncluded($0.run) && Self.time($0.step.time) >= now - hours * 3_600_000_000 }
    }

    /// The run with the most rows in the last hours.
    func busiest(hours: Int64) -> SampleRun {
        let counts = Dictionary(grouping: steps(hours: hours)) { $0.run.id }.mapValues(\.count)
        return data.runs.max { counts[$0.id, default: 0] < counts[$1.id, default: 0] } ?? data.runs[0]
    }
}

extension SampleStep {
    var isOrdinary: Bool { abs(loss) < 1e100 }
}

func isClose(_ one: Double?, _ other: Double?, _ tolerance: Double = 1e-9) -> Bool {
    guard let one, let other else { return one == nil && other == nil }
    return one == other || abs(one - other) <= tolerance * max(abs(one), abs(other))
}

/// Count, average and sample deviation, computed the long way.
struct Moments {
    let count: Int
    let average: Double?
    let deviation: Double?

    init(_ values: [Double]) {
        count = values.count
        let mean = values.reduce(0, +) / Double(max(1, values.count))
        average = values.isEmpty ? nil : mean
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        deviation = values.count < 2 ? nil : (squares / Double(values.count - 1)).squareRoot()
    }
}
