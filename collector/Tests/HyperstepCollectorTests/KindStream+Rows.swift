import HyperstepHistogram
import HyperstepPostgres
import HyperstepWire
import TestDatabases
import Testing

@testable import HyperstepCollector

extension KindStream {
    /// Checks that positions 0 ..< end are in the tables, each once, bit for bit, and no others.
    func expectExactly(_ end: UInt64, in database: TestDatabase) throws {
        try expectExactly((0..<end).filter { !isVoid($0) }, in: database)
    }

    /// Checks that these positions, and no others, are in the tables.
    func expectExactly(_ positions: [UInt64], in database: TestDatabase) throws {
        let connection = try database.connect()
        for (sql, lines) in [(sql, lines), (histogramSQL, histogramLines)] where !sql.isEmpty {
            let found = try connection.query(sql, [.uuid(owner)])
            let rows = (0..<found.count).map { found.text($0, 0) ?? "null" }.sorted()
            let expected = positions.flatMap(lines).sorted()
            // Compared as a whole, and told apart only where they differ: thousands of lines say nothing.
            if rows != expected {
                let missing = Set(expected).subtracting(rows).prefix(3)
                let others = Set(rows).subtracting(expected).prefix(3)
                Issue.record(
                    "\(kind): \(rows.count) rows, not \(expected.count); missing \(missing), others \(others)"
                )
            }
        }
    }

    // MARK: One text for each row, made here and there

    private static func bits(_ column: String) -> String {
        "coalesce(encode(float8send(\(column)), 'hex'), '-')"
    }

    private static func line(_ fields: [String], from tables: String) -> String {
        let time = "(extract(epoch FROM time) * 1000000)::bigint"
        return "SELECT concat_ws('|', \(([time] + fields).joined(separator: ", "))) FROM \(tables)"
    }

    private var sql: String {
        switch kind {
        case .scalars:
            Self.line(
                [
                    "step", "encode(convert_to(name, 'UTF8'), 'hex')", "unit", Self.bits("value"), "attempt",
                    "rank",
                ],
                from: "run_metrics JOIN metrics ON id = metric_id WHERE run_id = $1")
        case .windows:
            Self.line(
                ["model_id", "endpoint", "request_count", "error_count", "input_tokens", "output_tokens"]
                    + [
                        "latency_p50", "latency_p90", "latency_p99", "throughput_rps", "cpu_usage",
                        "memory_usage", "gpu_utilization", "time_to_first_token_p50",
                        "time_to_first_token_p99", "time_per_output_token_p50", "time_per_output_token_p99",
                    ].map(Self.bits), from: "model_performance WHERE instance_id = $1")
        case .samples:
            Self.line(
                [
                    "coalesce(run_id::text, '-')", "device", Self.bits("utilization"),
                    "coalesce(memory_used_bytes::text, '-')", Self.bits("power_watts"),
                    Self.bits("temperature_c"), Self.bits("cpu_limit_cores"),
                ]
                    + [
                        "memory_limit_bytes", "disk_read_bytes", "disk_written_bytes",
                        "network_received_bytes", "network_sent_bytes",
                    ].map { "coalesce(\($0)::text, '-')" }, from: "system_metrics WHERE instance_id = $1")
        case .experiments:
            Self.line(
                [
                    "model_id", "parameters", "metrics", "status", "coalesce(worker_id, '-')",
                    "coalesce(gpu_id, '-')",
                ], from: "experiments WHERE experiment_id = $1")
        case .series:
            Self.line(
                Self.seriesFields + [
                    "coalesce(run_id::text, '-')", "count", "non_finite_count", Self.bits("duration_ms"),
                ] + ["sum", "min", "max", "last"].map(Self.bits),
                from: "service_metrics JOIN series ON id = series_id WHERE instance_id = $1")
        }
    }

    private var histogramSQL: String {
        switch kind {
        case .windows:
            Self.line(
                ["model_id", "endpoint", "kind", "bucket", "count"],
                from: "latency_histogram WHERE instance_id = $1")
        case .series:
            Self.line(
                Self.seriesFields + ["bucket", "count"],
                from: "service_histogram JOIN series ON id = series_id WHERE instance_id = $1")
        default: ""
        }
    }

    private func lines(_ position: UInt64) -> [String] {
        let fields: [String]
        switch kind {
        case .scalars:
            let metric = names[Int(position) % names.count]
            fields = [
                position % 11 == 0 ? "\(Int64.min)" : "\(position)", hex(metric.name), metric.unit,
                hex(double(position)), "3", "1",
            ]
        case .windows: fields = windowFields(window(position))
        case .samples:
            fields =
                [
                    spacing % 2 == 0 ? text(model) : "-", ["cpu", "gpu0", "gpu1"][Int(position % 3)],
                    hex(reading(position, 1)), Self.memory(position).map { "\($0)" } ?? "-", "-",
                    hex(double(position, 4)), hex(reading(position, 5)),
                ] + (1...5).map { $0 < 5 ? Self.memory(position + $0).map { "\($0)" } ?? "-" : "-" }
        case .experiments:
            fields = [
                text(model), position % 2 == 0 ? #"{"p": \#(position)}"# : "{}",
                #"{"p": \#(position), "loss": null}"#, "running",
                position % 3 == 0 ? "-" : "w\(position)", position % 5 == 0 ? "gpu0" : "-",
            ]
        case .series: fields = windowOfSeriesFields(position)
        }
        return [line(position, fields)]
    }

    private func windowFields(_ window: InferenceWindow) -> [String] {
        func percentile(_ kind: UInt32, _ p: Double) -> Double? {
            window.histograms.first { $0.kind.rawValue == kind }?.distribution.percentile(p)
        }
        let doubles: [Double?] = [
            percentile(1, 0.5), percentile(1, 0.9), percentile(1, 0.99),
            Double(window.requestCount) * 1_000 / window.durationMs, window.cpuUsage, window.memoryUsage,
            window.gpuUtilization, percentile(2, 0.5), percentile(2, 0.99), percentile(3, 0.5),
            percentile(3, 0.99),
        ]
        return [
            text(model), window.endpoint, "\(window.requestCount)", "\(window.errorCount)",
            "\(window.inputTokens)", "\(window.outputTokens)",
        ] + doubles.map(hex)
    }

    private func histogramLines(_ position: UInt64) -> [String] {
        if kind == .series { return valueHistogramLines(position) }
        let window = window(position)
        return window.histograms.flatMap { histogram in
            zip(histogram.distribution.buckets, histogram.distribution.counts).map { bucket, count in
                line(
                    position,
                    [text(model), window.endpoint, "\(histogram.kind.rawValue)", "\(bucket)", "\(count)"])
            }
        }
    }

    func line(_ position: UInt64, _ fields: [String]) -> String {
        (["\(time(position) / 1_000)"] + fields).joined(separator: "|")
    }

    func text(_ id: some CustomStringConvertible) -> String { id.description.lowercased() }

    /// The name's bytes: to Swift two names are the same that merely look the same.
    func hex(_ name: String) -> String {
        name.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    func hex(_ value: Double?) -> String {
        guard let value else { return "-" }
        let digits = String(value.bitPattern, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
