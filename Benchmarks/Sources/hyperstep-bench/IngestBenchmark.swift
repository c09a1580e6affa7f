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

extension Benchmark {
    /// From `run.step` to the ack of a committed transaction, all of it: recorder, shipper, HTTP/2, collector and
    /// database; against libpq alone copying the same rows from memory, as many connections, as many rows a
    /// transaction, into the same table, turn by turn in the same run.
    static let ingest = Benchmark(
        name: "ingest", summary: "rows/s into the database, end to end, against a plain libpq binary COPY"
    ) { scale, add in
        guard let bench = try IngestBench(rows: scale.count(2_000_000)) else {
            writeLine(
                "ingest: skipped, HYPERSTEP_DATABASE_URL and HYPERSTEP_BENCH_COLLECTOR are not set", to: 2)
            return
        }
        defer { bench.dropDatabase() }
        for connections in [1, 2] {
            try bench.compare(connections: connections, rounds: scale.factor < 1 ? 1 : 5, add)
        }
    }
}

/// A database of its own on the given server, with the collector's schema.
private struct IngestBench {
    /// Rows after which the collector begins a transaction, and that a plain COPY has.
    static let transactionRows = 50_000

    let rows: Int
    private let collector: CollectorUnderTest
    private let server: String
    private let name = "hyperstep_bench_\(ProcessInfo.processInfo.processIdentifier)"
    private let database: String

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
    }

    func dropDatabase() {
        collector.stop()
        try? PostgresConnection(PostgresURL(server)).execute("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }

    func compare(connections: Int, rounds: Int, _ add: (Measurement) -> Void) throws {
        let plain = try PlainCopy(database: database, connections: connections, rows: rows)
        var (ours, theirs, ratios): ([Double], [Double], [Double]) = ([], [], [])
        // The first pair warms the database up and is not counted.
        for round in 0...rounds {
            try empty()
            let copied = try plain.run()
            try empty()
            let ingested = try endToEnd(runs: connections)
            guard round > 0 else { continue }
            theirs.append(copied)
            ours.append(ingested)
            ratios.append(ingested / copied)
        }
        let suffix = connections == 1 ? "" : ".\(connections)connections"
        let note =
            "\(connections) connection\(connections == 1 ? "" : "s"), \(rows) rows, median of \(rounds)"
        add(
            Measurement(
                name: "copy.plain\(suffix)", value: Samples(theirs).percentile(0.5), unit: "rows/s",
                note: note))
        add(
            Measurement(
                name: "ingest.end_to_end\(suffix)", value: Samples(ours).percentile(0.5), unit: "rows/s",
                comparison: ("copy.plain\(suffix)", Samples(ratios).percentile(0.5)), note: note))
    }

    private func empty() throws {
        try PostgresConnection(PostgresURL(database)).execute("TRUNCATE training_metrics")
    }

    /// Rows a second from the first step to the last commit, by one thread per run.
    private func endToEnd(runs: Int) throws -> Double {
        try collector.start(writers: runs, transactionRows: Self.transactionRows)
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
                let value = 1 / Double(step + 1)
                run.step(
                    step, epoch: step / 1_000, batch: step % 1_000, loss: value, accuracy: value,
                    precision: value, recall: value, f1Score: value, learningRate: value, gradientNorm: value,
                    stepTimeMs: value)
            }
            return run.finish(timeout: .seconds(300))
        }
        let seconds = Double(Timer.nanoseconds() - start) / 1e9
        guard reports.allSatisfy({ $0.committed == UInt64(steps) + 1 }) else {
            throw IngestBenchError(description: "not all rows were committed: \(reports)")
        }
        return Double(steps * runs) / seconds
    }
}

struct IngestBenchError: Error, CustomStringConvertible {
    let description: String
}
