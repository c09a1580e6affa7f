import HyperstepCollector
import HyperstepHistogram
import HyperstepPostgres
import HyperstepWire
import Logging
import TestDatabases

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Batches as programs send them, and the rows that they have to become.
struct SentRows {
    private(set) var batches: [Batch] = []
    private(set) var rows: [any TestRow] = []
    /// Of scalars the metric's name is known, and its id only once they are written.
    private(set) var scalars: [(row: MetricRow, name: String)] = []
    var random: Seeded
    private var streams: [String: (id: UUID, next: UInt64)] = [:]

    init(seed: UInt64) { random = Seeded(seed) }

    /// All rows, with the ids that the names have.
    func rows(_ connection: PostgresConnection) throws -> [any TestRow] {
        let found = try connection.query("SELECT name, id FROM metrics")
        var ids: [String: Int32] = [:]
        for row in 0..<found.count {
            if let name = found.text(row, 0), let id = found.int64(row, 1) { ids[name] = Int32(id) }
        }
        return rows
            + scalars.map { scalar in
                var row = scalar.row
                row.metric = ids[scalar.name] ?? -1
                return row
            }
    }

    /// Makes more, between `start` and some hours later, in microseconds since 2000.
    mutating func make(_ count: Int, from start: Int64, hours: Int64) {
        let source = start
        for _ in 0..<count {
            let size = Int.random(in: 1...40, using: &random)
            let times = (0..<size).map { _ in
                source + Int64.random(in: 0..<hours * 3_600_000_000, using: &random)
            }
            switch Int.random(in: 0..<3, using: &random) {
            case 0: addSteps(times)
            case 1: addScalars(times)
            default: addWindows(times)
            }
        }
    }

    private mutating func addSteps(_ times: [Int64]) {
        let (model, run) = (id(2), id(3))
        let attempt = Int16.random(in: 0...1, using: &random)
        var steps = TrainingSteps(modelID: model, runID: run, attempt: attempt)
        var (losses, accuracies): ([Double?], [Double?]) = ([], [])
        for time in times {
            var row = TrainingRow(
                time: time, model: model, run: run, loss: value(), accuracy: value(), attempt: attempt)
            row.step = .random(in: 0..<40, using: &random)
            steps.times.append(nanoseconds(time))
            steps.steps.append(row.step)
            losses.append(row.loss)
            accuracies.append(row.accuracy)
            rows.append(row)
        }
        steps[.loss] = DoubleColumn(losses)
        steps[.accuracy] = DoubleColumn(accuracies)
        add("steps \(run)", times.count, .trainingSteps(steps))
    }

    private mutating func addScalars(_ times: [Int64]) {
        var sent = Scalars(runID: id(3), attempt: .random(in: 0...1, using: &random))
        sent.metrics = ["a", "b", "c"].shuffled(using: &random).map { Metric(name: $0, unit: "1") }
        for time in times {
            let index = Int.random(in: 0..<3, using: &random)
            let row = MetricRow(
                time: time, run: sent.runID, metric: 0, step: .random(in: 0..<40, using: &random),
                value: value() ?? .nan, attempt: sent.attempt)
            sent.times.append(nanoseconds(time))
            sent.metricIndexes.append(UInt32(index))
            sent.steps.append(row.step)
            sent.values.append(row.value)
            scalars.append((row, sent.metrics[index].name))
        }
        add("scalars \(sent.runID)", times.count, .scalars(sent))
    }

    private mutating func addWindows(_ times: [Int64]) {
        let instance = id(3)
        var sent = InferenceWindows(instanceID: instance)
        for time in times {
            var window = InferenceWindow(
                time: nanoseconds(time), durationMs: 10_000, model: Model(id: id(2), name: "m"),
                endpoint: Bool.random(using: &random) ? "chat" : "it's \"odd\"")
            window.requestCount = .random(in: 0..<1_000, using: &random)
            window.errorCount = .random(in: 0..<10, using: &random)
            window.outputTokens = .random(in: 0..<10_000, using: &random)
            window.cpuUsage = value()
            for kind in 1...4 where Bool.random(using: &random) {
                let durations = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                    UInt64.random(in: 100_000...120_000, using: &random)
                }
                window.histograms.append(
                    LatencyHistogram(
                        kind: .init(rawValue: UInt32(kind)), distribution: Histogram(nanoseconds: durations)))
            }
            sent.windows.append(window)
            add(window, instance, time)
        }
        add("windows \(instance)", times.count, .inferenceWindows(sent))
    }

    /// The rows that a window becomes.
    private mutating func add(_ window: InferenceWindow, _ instance: UUID, _ time: Int64) {
        let requests = window.histograms.first { $0.kind == .request }?.distribution
        rows.append(
            PerformanceRow(
                time: time, model: window.model.id, endpoint: window.endpoint,
                requests: Int64(window.requestCount), errors: Int64(window.errorCount),
                latency90: requests?.percentile(0.9), latency99: requests?.percentile(0.99),
                throughput: Double(window.requestCount) / 10, cpu: window.cpuUsage, memory: nil, gpu: nil,
                inputTokens: 0, outputTokens: Int64(window.outputTokens)))
        for histogram in window.histograms {
            for (bucket, count) in zip(histogram.distribution.buckets, histogram.distribution.counts) {
                rows.append(
                    HistogramRow(
                        time: time, model: window.model.id, endpoint: window.endpoint, instance: instance,
                        kind: Int16(histogram.kind.rawValue), bucket: Int16(bucket), count: Int64(count)))
            }
        }
    }

    private mutating func add(_ stream: String, _ count: Int, _ records: Batch.Records) {
        let (id, first) = streams[stream] ?? (UUID(), 0)
        streams[stream] = (id, first + UInt64(count))
        batches.append(
            Batch(stream: id, firstPosition: first, positionCount: UInt64(count), records: records))
    }

    private mutating func id(_ count: Int) -> UUID {
        RandomRows.uuid(Int.random(in: 1...count, using: &random))
    }

    private func nanoseconds(_ time: Int64) -> Int64 { (time + 946_684_800_000_000) * 1_000 }

    private mutating func value() -> Double? {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: .nan
        case 1: -.infinity
        case 2: 1e300
        case 3: nil
        default: Double.random(in: 0.001..<10, using: &random)
        }
    }
}

extension AggregateDatabase {
    /// Sends batches through a collector, some of them twice, as after a lost ack.
    func send(_ batches: ArraySlice<Batch>, _ random: inout Seeded) async throws -> [IngestOutcome] {
        let ingest = try Ingest(
            url: PostgresURL(database.url), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        ingest.start()
        var outcomes: [IngestOutcome] = []
        for batch in batches {
            for _ in 0..<(Int.random(in: 0..<4, using: &random) == 0 ? 2 : 1) {
                outcomes.append(await commit(batch, ingest))
            }
        }
        await ingest.drain(timeout: .seconds(20))
        return outcomes
    }

    /// Sends a batch until the collector is connected.
    private func commit(_ batch: Batch, _ ingest: Ingest) async -> IngestOutcome {
        while true {
            let outcome = await withCheckedContinuation { continuation in
                ingest.submit(batch, bytes: 1_000) { continuation.resume(returning: $0) }
            }
            guard case .unavailable = outcome else { return outcome }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }
}
