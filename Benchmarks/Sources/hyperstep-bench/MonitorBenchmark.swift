import Hyperstep

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
    /// What a server pays for each request, while a shipper takes windows (offline, so that the numbers do not
    /// depend on a collector).
    static let monitor = Benchmark(
        name: "monitor.record", summary: "a request counted by a monitor, with and without the clock"
    ) { scale, add in
        let bench = try MonitorBench()
        defer { bench.stop() }
        let clock = Samples.ofBatches(scale.count(5_000), pause: {}) { _ = Timer.nanoseconds() }
        add(.nanoseconds("monitor.clock.p50", clock.percentile(0.5), "one reading of the clock alone"))
        let record = bench.record(scale)
        add(.nanoseconds("monitor.record.p50", record.percentile(0.5), "a latency that the caller has"))
        add(.nanoseconds("monitor.record.p999", bench.singles(scale).percentile(0.999), "the same"))
        add(.nanoseconds("monitor.record.error.p50", bench.errors(scale).percentile(0.5), "a failed request"))
        add(.nanoseconds("monitor.record.tokens.p50", bench.tokens(scale).percentile(0.5), "all of an LLM's"))
        let measure = bench.measure(scale)
        add(
            .nanoseconds("monitor.measure.p50", measure.percentile(0.5), "two readings of the clock included")
        )
        let beyond = measure.percentile(0.5) - 2 * clock.percentile(0.5)
        add(.nanoseconds("monitor.measure.beyond.p50", beyond, "less two readings of the clock"))
        for threads in [2, 4] {
            let samples = onThreads(threads) { bench.record(Scale(factor: scale.factor / 2)) }
            let merged = Samples.merged(samples).percentile(0.5)
            add(.nanoseconds("monitor.record.p50.\(threads)threads", merged, "the same monitor, each call"))
        }
        let ratios = bench.ratiosOfTwoThreads(Scale(factor: scale.factor / 2))
        add(
            Measurement(
                name: "monitor.record.2threads.ratio", value: ratios.percentile(0.5), unit: "ratio",
                note: "per call, to one thread: median of 15 pairs, quartiles "
                    + "\(Measurement.number(ratios.percentile(0.25))) and \(Measurement.number(ratios.percentile(0.75)))"
            ))
        if let count = bench.allocations() {
            add(
                Measurement(
                    name: "monitor.record.allocations", value: Double(count), unit: "count",
                    note: "in 100,000, and as many measured"))
        }
        try bench.finish()
    }
}

/// A monitor in a state directory of its own.
private final class MonitorBench: Sendable {
    private let monitor: InferenceMonitor
    private let directory = "/tmp/hyperstep-bench-monitor-\(getpid())"

    init() throws {
        var settings = Settings(mode: .offline, directory: directory)
        settings.windowInterval = .milliseconds(100)
        monitor = try InferenceMonitor.start(model: "none", endpoint: "/bench", settings: settings)
    }

    func stop() { try? FileManager.default.removeItem(atPath: directory) }

    /// Latencies spread over two powers of two, as a server's are: not always the same counter.
    @inline(__always)
    private static func latency(_ count: Int) -> Duration {
        Duration(attoseconds: Int128(1_000_000 + (count &* 7919) & 0xF_FFFF) * 1_000_000_000)
    }

    /// Made before, so that only the recording is timed.
    private static let latencies = (0..<1_024).map { latency($0) }

    func record(_ scale: Scale) -> Samples {
        let monitor = monitor
        return Self.latencies.withUnsafeBufferPointer { latencies in
            var count = 0
            return .ofBatches(scale.count(5_000), pause: {}) {
                monitor.record(latency: latencies[count & 1_023])
                count &+= 1
            }
        }
    }

    /// What a call of two threads at once costs, to one of one thread, turn by turn: where threads land on a machine's
    /// processors makes as much of a difference as what they share.
    func ratiosOfTwoThreads(_ scale: Scale) -> Samples {
        Samples(
            (0..<15).map { _ in
                let one = record(scale).percentile(0.5)
                return Samples.merged(onThreads(2) { self.record(scale) }).percentile(0.5) / one
            })
    }

    func singles(_ scale: Scale) -> Samples {
        let monitor = monitor
        return Self.latencies.withUnsafeBufferPointer { latencies in
            var count = 0
            return .ofSingles(scale.count(1_000_000), pause: {}) {
                monitor.record(latency: latencies[count & 1_023])
                count &+= 1
            }
        }
    }

    func errors(_ scale: Scale) -> Samples {
        let monitor = monitor
        let latency = Duration.milliseconds(3)
        return .ofBatches(scale.count(5_000), pause: {}) { monitor.record(latency: latency, outcome: .error) }
    }

    func tokens(_ scale: Scale) -> Samples {
        let monitor = monitor
        let request = InferenceRequest(
            latency: .milliseconds(900), queueTime: .milliseconds(2), timeToFirstToken: .milliseconds(40),
            inputTokens: 300, outputTokens: 120)
        return .ofBatches(scale.count(2_000), pause: {}) { monitor.record(request) }
    }

    func measure(_ scale: Scale) -> Samples {
        let monitor = monitor
        var sum = 0
        let samples = Samples.ofBatches(scale.count(5_000), pause: {}) { monitor.measure { sum &+= 1 } }
        keep(sum)
        return samples
    }

    func allocations() -> Int? {
        let monitor = monitor
        let latency = Duration.milliseconds(3)
        return Allocations.count {
            for _ in 0..<100_000 {
                monitor.record(latency: latency)
                monitor.measure {}
            }
        }
    }

    func finish() throws {
        let report = InferenceMonitor.shutdown(timeout: .seconds(60))
        guard report.spooled > 0, report.dropped == 0 else { throw NotRecorded(report: report) }
    }

    struct NotRecorded: Error, CustomStringConvertible {
        let report: MonitorReport
        var description: String { "the numbers are not of recording alone: \(report)" }
    }
}
