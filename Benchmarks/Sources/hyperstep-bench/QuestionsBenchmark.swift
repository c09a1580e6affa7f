import Foundation
import HyperstepPostgres
import SampleData

extension Benchmark {
    /// The questions of docs/queries.md over two million training rows of eight days, compressed and aggregated as
    /// the policies say: their latencies, what they plan and read, how far the rows are compressed, and what an
    /// aggregate saves.
    static let questions = Benchmark(
        name: "questions", summary: "the questions of docs/queries.md over 2 million generated rows"
    ) { scale, add in
        let environment = ProcessInfo.processInfo.environment
        guard let server = environment["HYPERSTEP_DATABASE_URL"],
            let program = environment["HYPERSTEP_BENCH_COLLECTOR"]
        else {
            writeLine(
                "questions: skipped, HYPERSTEP_DATABASE_URL and HYPERSTEP_BENCH_COLLECTOR are not set", to: 2)
            return
        }
        try withBenchDatabase(on: server) { url in
            let bench = try QuestionsBench(url, program: program, rows: scale.count(2_200_000))
            add(try bench.load())
            try bench.settle()
            try bench.compression().forEach(add)
            try bench.questions(rounds: scale.factor < 1 ? 3 : 15).forEach(add)
            try bench.view(rounds: scale.factor < 1 ? 3 : 15).forEach(add)
        }
    }
}

struct QuestionsBench {
    /// Chunks as `policies status` advises for this many rows: about 140,000 rows in each.
    private static let policies = """
        hypertables:
          training_metrics:
            chunk_interval: 12 hours
        """
    private static let aggregates = [
        "training_metrics_hourly", "run_metrics_hourly", "model_monitoring_summary",
        "latency_histogram_summary",
    ]
    private static let hypertables = [
        "training_metrics", "run_metrics", "model_performance", "latency_histogram", "system_metrics",
        "experiments", "service_metrics", "service_histogram",
    ]

    private let collector: CollectorCommand
    let connection: PostgresConnection
    private let data: SampleData
    private let edition: String

    init(_ url: String, program: String, rows: Int) throws {
        var shape = SampleShape(end: Int64(Date().timeIntervalSince1970 * 1e9))
        shape.trainingRows = rows
        data = SampleData(shape)
        var options = PostgresConnection.Options()
        options.operationTimeout = .seconds(600)
        collector = try CollectorCommand(program: program, database: url, policies: Self.policies)
        try collector.run(["migrate"])
        try collector.run(["policies", "apply", "--yes"])
        connection = try PostgresConnection(PostgresURL(url), options: options)
        edition = try connection.query("SELECT hyperstep_internal.edition()").text(0, 0) ?? "apache"
    }

    func load() throws -> Measurement {
        let start = Timer.nanoseconds()
        let counts = try SampleLoader(data, connection).loadAll()
        let rows = counts.values.reduce(0, +)
        let seconds = Double(Timer.nanoseconds() - start) / 1e9
        return Measurement(
            name: name("load"), value: Double(rows) / seconds, unit: "rows/s",
            note: "\(counts["training_metrics"] ?? 0) training rows of \(rows), generated and copied")
    }

    /// What the jobs would do within the hour.
    func settle() throws {
        // TimescaleDB refuses a refresh while a job is at the same: after that, little is left to do.
        for aggregate in Self.aggregates { try collector.run(["policies", "refresh", aggregate], tries: 20) }
        if edition == "apache" {
            // What autovacuum does in its time.
            for aggregate in ["training_metrics_minutely"] + Self.aggregates {
                try connection.execute("ANALYZE hyperstep_internal.\(aggregate)")
            }
        }
        for table in Self.hypertables {
            if edition == "community" {
                try connection.execute(
                    "SELECT compress_chunk(c, true) FROM show_chunks('\(table)', older_than => now() - INTERVAL '1 day') c"
                )
            }
            try connection.execute("ANALYZE \(table)")
        }
    }

    func compression() throws -> [Measurement] {
        let rows = try connection.query(QuestionSQL.text("compression-ratio", ["window": "30 days"]))
        return (0..<rows.count).compactMap { row in
            guard let table = rows.text(row, 0), let ratio = rows.double(row, 5) else { return nil }
            return Measurement(
                name: name("compression.\(table)"), value: ratio, unit: "× smaller",
                note: "\(rows.int64(row, 2) ?? 0) of \(rows.int64(row, 1) ?? 0) chunks")
        }
    }

    func questions(rounds: Int) throws -> [Measurement] {
        let run = try connection.query(
            "SELECT model_id::text, run_id::text FROM training_metrics WHERE time >= now() - INTERVAL '1 day' GROUP BY 1, 2 ORDER BY count(*) DESC LIMIT 1"
        )
        let model = try connection.query(
            "SELECT model_id::text FROM training_metrics WHERE time >= now() - INTERVAL '7 days' GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
        )
        var variables = [
            "model": run.text(0, 0) ?? "", "run": run.text(0, 1) ?? "", "metric": "throughput",
            "window": "1 day",
            "endpoint": data.servers[0].endpoint, "table": "training_metrics",
            "service": SampleSeries.service, "name": SampleSeries.duration, "by": "outcome",
        ]
        var latencies: [String: Double] = [:]
        var measurements: [Measurement] = []
        // The aggregate last, so that it can be compared.
        for question in try QuestionSQL.names().filter({ $0 != "hourly" }) + ["hourly"] {
            if question == "service-counter" { variables["name"] = SampleSeries.requests }
            if question == "serving-dashboard" { variables["model"] = data.servers[0].model.id.uuidString }
            if question.hasPrefix("hourly") || question == "quarter-hours" {
                variables["model"] = model.text(0, 0) ?? ""
            }
            let sql = try QuestionSQL.text(question, variables)
            (variables["model"], variables["name"]) = (run.text(0, 0) ?? "", SampleSeries.duration)
            let explained = try connection.query("EXPLAIN (ANALYZE, FORMAT JSON) " + sql).text(0, 0)
            let plan = try ExplainedPlan(json: explained ?? "")
            let chunks = plan.scanned.filter { $0.hasPrefix("_hyper_") }.count
            let median = Samples(
                try (0..<rounds).map { _ in
                    let start = Timer.nanoseconds()
                    _ = try connection.query(sql)
                    return Double(Timer.nanoseconds() - start) / 1e6
                }
            ).percentile(0.5)
            latencies[question] = median
            var measurement = Measurement(name: name(question), value: median, unit: "ms")
            measurement.note =
                "median of \(rounds), planning \(Measurement.number(plan.planning ?? 0)) ms, \(chunks) chunks read"
            if question == "hourly", let rows = latencies["hourly-from-rows"] {
                measurement.comparison = (name("hourly-from-rows"), median / rows)
                measurement.note += ", \(Measurement.number(rows / median)) times as fast as from rows"
            }
            measurements.append(measurement)
        }
        return measurements
    }

    func name(_ what: String) -> String { "questions.\(edition).\(what)" }
}
