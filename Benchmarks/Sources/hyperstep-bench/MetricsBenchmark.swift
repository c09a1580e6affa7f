import CoreMetrics
import Hyperstep
import HyperstepMetrics

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
    /// What a program pays for each call of swift-metrics, while a shipper takes windows (offline, so that the
    /// numbers do not depend on a collector). None of these calls reads a clock.
    static let metrics = Benchmark(
        name: "metrics", summary: "counters, gauges, timers and recorders of swift-metrics"
    ) { scale, add in
        let bench = try MetricsBench()
        defer { bench.stop() }
        for kind in MetricsBench.Kind.allCases {
            let one = bench.record(kind, scale).percentile(0.5)
            add(.nanoseconds("metrics.\(kind.rawValue).p50", one, "one thread"))
            let samples = onThreads(2) { bench.record(kind, Scale(factor: scale.factor / 2)) }
            let two = Samples.merged(samples).percentile(0.5)
            add(.nanoseconds("metrics.\(kind.rawValue).p50.2threads", two, "the same metric, each call"))
            add(
                Measurement(
                    name: "metrics.\(kind.rawValue).2threads.ratio", value: two / one, unit: "ratio",
                    note: "per call, to one thread"))
        }
        if let count = bench.allocations() {
            add(
                Measurement(
                    name: "metrics.allocations", value: Double(count), unit: "count",
                    note: "in 100,000 calls of each kind"))
        }
        try bench.finish()
    }
}

/// Metrics in a state directory of their own.
private final class MetricsBench: Sendable {
    enum Kind: String, CaseIterable {
        case counter = "counter.increment"
        case gauge = "gauge.record"
        case meter = "meter.increment"
        case timer = "timer.record"
        case recorder = "recorder.record"
        /// What of it is ours: swift-metrics' own class is not final, so that its generic call is not specialised.
        case recorderHandler = "recorder.handler"
        /// A counter that is asked for each time, by its name and three dimensions, as many a program does.
        case counterAgain = "counter.again"
    }

    private let metrics: HyperstepMetricsFactory
    private let counter: Counter
    private let gauge: Gauge
    private let meter: Meter
    private let timer: CoreMetrics.Timer
    private let recorder: CoreMetrics.Recorder
    private let recorderHandler: any RecorderHandler
    private let directory = "/tmp/hyperstep-bench-metrics-\(getpid())"

    init() throws {
        var settings = Settings(mode: .offline, directory: directory)
        settings.windowInterval = .milliseconds(100)
        metrics = try HyperstepMetricsFactory.start(service: "bench", settings: settings)
        counter = Counter(label: "counter", factory: metrics)
        gauge = Gauge(label: "gauge", factory: metrics)
        meter = Meter(label: "meter", factory: metrics)
        timer = CoreMetrics.Timer(label: "timer", factory: metrics)
        recorder = CoreMetrics.Recorder(label: "recorder", factory: metrics)
        recorderHandler = metrics.makeRecorder(label: "recorder", dimensions: [], aggregate: true)
    }

    func stop() { try? FileManager.default.removeItem(atPath: directory) }

    /// Durations spread over two powers of two, as a server's are: not always the same bucket.
    private static let durations = (0..<1_024).map { Int64(1_000_000 + ($0 &* 7_919) & 0xF_FFFF) }
    private static let numbers = durations.map { Double($0) / 1_000 }

    private static let dimensions = [
        ("http.route", "/predict/batch"), ("http.request.method", "POST"),
        ("http.response.status_code", "200"),
    ]

    func record(_ kind: Kind, _ scale: Scale) -> Samples {
        let batches = scale.count(5_000)
        var count = 0
        return Self.durations.withUnsafeBufferPointer { durations in
            Self.numbers.withUnsafeBufferPointer { numbers in
                switch kind {
                case .counter: .ofBatches(batches, pause: {}) { [counter] in counter.increment() }
                case .gauge:
                    .ofBatches(batches, pause: {}) { [gauge] in
                        gauge.record(numbers[count & 1_023])
                        count &+= 1
                    }
                case .meter: .ofBatches(batches, pause: {}) { [meter] in meter.increment() }
                case .timer:
                    .ofBatches(batches, pause: {}) { [timer] in
                        timer.recordNanoseconds(durations[count & 1_023])
                        count &+= 1
                    }
                case .recorder:
                    .ofBatches(batches, pause: {}) { [recorder] in
                        recorder.record(numbers[count & 1_023])
                        count &+= 1
                    }
                case .recorderHandler:
                    .ofBatches(batches, pause: {}) { [recorderHandler] in
                        recorderHandler.record(numbers[count & 1_023])
                        count &+= 1
                    }
                case .counterAgain:
                    .ofBatches(scale.count(500), pause: {}) { [metrics] in
                        Counter(label: "requests", dimensions: Self.dimensions, factory: metrics).increment()
                    }
                }
            }
        }
    }

    func allocations() -> Int? {
        Allocations.count {
            for number in 0..<100_000 {
                counter.increment()
                gauge.record(number)
                meter.increment()
                timer.recordNanoseconds(number)
                recorder.record(number)
            }
        }
    }

    func finish() throws {
        let report = metrics.shutdown(timeout: .seconds(60))
        guard report.spooled > 0, report.dropped == 0 else { throw NotRecorded(report: report) }
    }

    struct NotRecorded: Error, CustomStringConvertible {
        let report: MetricsReport
        var description: String { "the numbers are not of recording alone: \(report)" }
    }
}
