import Hyperstep
import HyperstepPostgres

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A database of its own on the given server, with the collector's schema.
struct IngestBench {
    /// Rows after which the collector begins a transaction, and that a plain COPY has.
    static let transactionRows = 50_000

    let rows: Int
    private let collector: CollectorUnderTest
    private let server: String
    private let name = "hyperstep_bench_\(ProcessInfo.processInfo.processIdentifier)"
    private let database: String
    private let table: BenchTable
    /// Whether rows can be compressed on their way in.
    private let compresses: Bool

    init?(rows: Int) throws {
        let environment = ProcessInfo.processInfo.environment
        guard let server = environment["HYPERSTEP_DATABASE_URL"],
            let program = environment["HYPERSTEP_BENCH_COLLECTOR"]
        else { return nil }
        self.rows = rows
        self.server = server
        // postgres://…/DATABASE?options: the part between them is replaced.
        let parts = server.split(separator: "?", maxSplits: 1)
        let host = parts[0].split(separator: "/", omittingEmptySubsequences: false).prefix(3)
        database = host.joined(separator: "/") + "/" + name + (parts.count > 1 ? "?" + parts[1] : "")
        try PostgresConnection(PostgresURL(server)).execute("CREATE DATABASE \(name)")
        collector = try CollectorUnderTest(program: program, database: database)
        table = try BenchTable(database: database)
        try table.keepPolicies()
        compresses = try table.enableColumnstore()
        if !compresses {
            writeLine("ingest: this server cannot compress rows on their way in: not measured", to: 2)
        }
    }

    func dropDatabase() {
        collector.stop()
        try? PostgresConnection(PostgresURL(server)).execute("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }

    var hasAggregates: Bool { get throws { try table.hasAggregates } }
    func dropAggregates() throws { try table.dropAggregates() }

    /// One way of the rows into the database, and what was measured of it.
    private struct Way {
        let name: String
        let run: () throws -> Double
        var rates: [Double] = []
        var ratios: [Double] = []
        var bytes = 0
    }

    func compare(
        connections: Int, rounds: Int, suffix: String = "", _ add: (Measurement) -> Void
    ) throws {
        let plain = try PlainCopy(database: database, connections: connections, rows: rows)
        var ways = [
            Way(name: "copy.plain", run: plain.run),
            Way(name: "ingest.end_to_end") {
                try endToEnd(runs: connections, ["--direct-compress", "off"])
            },
        ]
        if compresses {
            ways.append(Way(name: "ingest.direct_compress") { try endToEnd(runs: connections, []) })
        }
        // The first round warms the database up and is not counted.
        for round in 0...rounds {
            for index in ways.indices {
                try table.empty()
                let rate = try ways[index].run()
                ways[index].bytes = try table.bytes()
                guard round > 0 else { continue }
                ways[index].rates.append(rate)
                ways[index].ratios.append(rate / (ways[0].rates.last ?? rate))
            }
        }
        let end = suffix + (connections == 1 ? "" : ".\(connections)connections")
        let note =
            "\(connections) connection\(connections == 1 ? "" : "s"), \(rows) rows, median of \(rounds)"
        for way in ways {
            let against = way.name == ways[0].name ? nil : ways[0].name + end
            add(
                Measurement(
                    name: way.name + end, value: Samples(way.rates).percentile(0.5), unit: "rows/s",
                    comparison: against.map { ($0, Samples(way.ratios).percentile(0.5)) }, note: note))
        }
        for way in ways {
            let bytes = Double(way.bytes) / Double(rows)
            add(
                Measurement(
                    name: way.name + ".bytes" + end, value: bytes, unit: "bytes/row",
                    comparison: (
                        "ingest.end_to_end.bytes" + end, bytes * Double(rows) / Double(ways[1].bytes)
                    ),
                    note: "on disk, indexes included, nothing recompressed"))
        }
    }

    /// Rows a second from the first step to the last commit, by one thread per run.
    private func endToEnd(runs: Int, _ arguments: [String]) throws -> Double {
        try collector.start(writers: runs, transactionRows: Self.transactionRows, arguments)
        defer { collector.stop() }
        let directory = FileManager.default.temporaryDirectory.appending(path: "hyperstep-bench-\(UUID())")
            .path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var settings = Settings(endpoint: collector.endpoint, directory: directory)
        settings.whenFull = .wait
        settings.ringCapacity = 262_144
        let steps = rows / runs
        let all = try (0..<runs).map { index in
            try Run.start(project: "bench", name: "\(index)", model: "bench", settings: settings)
        }
        // The connection is made before the clock runs, as it is for the plain COPY.
        for run in all { run.step(-1) }
        usleep(300_000)
        let start = Timer.nanoseconds()
        let reports = onThreads(runs) { index in
            let run = all[index]
            for step in 0..<steps {
                run.step(
                    step, epoch: step / 1_000, batch: step % 1_000, loss: BenchStep.value(step, 0),
                    accuracy: BenchStep.value(step, 1), precision: BenchStep.value(step, 2),
                    recall: BenchStep.value(step, 3), f1Score: BenchStep.value(step, 4),
                    learningRate: BenchStep.value(step, 5), gradientNorm: BenchStep.value(step, 6),
                    stepTimeMs: BenchStep.value(step, 7))
            }
            return run.finish(timeout: .seconds(300))
        }
        let seconds = Double(Timer.nanoseconds() - start) / 1e9
        guard reports.allSatisfy({ $0.committed == UInt64(steps) + 1 }) else {
            throw BenchError(description: "not all rows were committed: \(reports)")
        }
        return Double(steps * runs) / seconds
    }
}
