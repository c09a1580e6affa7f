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
    /// The one call that users make, with all its columns, while a shipper drains the recorder, encodes batches and
    /// writes them to its spool. (Offline: the numbers then do not depend on a collector; the shipper's work on
    /// this side is the same but for the socket.)
    static let run = Benchmark(name: "record.step", summary: "run.step with every column, a shipper running")
    {
        scale, add in
        let bench = try RunBench()
        defer { bench.stop() }
        let clock = bench.batches(scale, clock: true)
        add(.nanoseconds("record.step.p50", clock.percentile(0.5), "with the clock"))
        add(.nanoseconds("record.step.p999", bench.singles(scale).percentile(0.999), "with the clock"))
        // What of it is the clock's own: nothing that records a time can be cheaper.
        let reading = Samples.ofBatches(scale.count(5_000), pause: {}) { _ = Timer.nanoseconds() }
        add(.nanoseconds("clock.read.p50", reading.percentile(0.5), "the clock alone"))
        let noClock = bench.batches(scale, clock: false)
        add(.nanoseconds("record.step.noclock.p50", noClock.percentile(0.5), "the time given by the caller"))
        for producers in [2, 4] {
            let samples = onThreads(producers) {
                bench.batches(scale, clock: true, producers: producers)
            }
            add(
                .nanoseconds(
                    "record.step.p50.\(producers)producers", Samples.merged(samples).percentile(0.5),
                    "with the clock"))
        }
        if let count = bench.allocations() {
            add(
                Measurement(
                    name: "record.step.allocations", value: Double(count), unit: "count", note: "in 100,000"))
        }
        try bench.finish()
    }
}

/// A run in a state directory of its own.
private final class RunBench: Sendable {
    private let run: Run
    private let directory = "/tmp/hyperstep-bench-run-\(getpid())"

    init() throws {
        var settings = Settings(mode: .offline, directory: directory)
        // Room for a second's recording at the pace of `breathe`, should the shipper have to wait for a processor.
        settings.ringCapacity = 1_048_576
        settings.spoolLimit = 64 << 30
        settings.flushInterval = .milliseconds(10)
        run = try Run.start(project: "bench", name: "run.step", model: "none", settings: settings)
    }

    func stop() { try? FileManager.default.removeItem(atPath: directory) }

    /// At most a thousand calls a millisecond for each producer, a million steps a second: a shipper can keep up
    /// with that, so that it works all the time and nothing is dropped.
    private func breathe(_ producers: Int = 1) { usleep(UInt32(1_000 * producers)) }

    func batches(_ scale: Scale, clock: Bool, producers: Int = 1) -> Samples {
        let run = run
        let batches = scale.count(2_000 / producers)
        if clock {
            return .ofBatches(batches, pause: { breathe(producers) }) {
                run.step(
                    epoch: 1, batch: 2, loss: 0.25, accuracy: 0.5, precision: 0.5, recall: 0.5, f1Score: 0.5,
                    learningRate: 1e-3, gradientNorm: 1)
            }
        }
        let date = Date(timeIntervalSince1970: 1_700_000_000)
        return .ofBatches(batches, pause: { breathe(producers) }) {
            run.step(
                epoch: 1, batch: 2, loss: 0.25, accuracy: 0.5, precision: 0.5, recall: 0.5, f1Score: 0.5,
                learningRate: 1e-3, gradientNorm: 1, stepTimeMs: 2, at: date)
        }
    }

    func singles(_ scale: Scale) -> Samples {
        let run = run
        return .ofSingles(scale.count(1_000_000), pause: { breathe() }) {
            run.step(
                epoch: 1, batch: 2, loss: 0.25, accuracy: 0.5, precision: 0.5, recall: 0.5, f1Score: 0.5,
                learningRate: 1e-3, gradientNorm: 1)
        }
    }

    func allocations() -> Int? {
        let run = run
        return Allocations.count {
            for step in 0..<100_000 {
                if step % 1_000 == 0 { breathe() }
                run.step(
                    epoch: 1, batch: 2, loss: 0.25, accuracy: 0.5, precision: 0.5, recall: 0.5, f1Score: 0.5,
                    learningRate: 1e-3, gradientNorm: 1)
            }
        }
    }

    /// A dropped step takes another way through the code: with drops the numbers would not be of recording.
    func finish() throws {
        let report = run.finish(timeout: .seconds(120))
        guard report.dropped == 0, report.spooled > 0 else { throw NotRecorded(report: report) }
    }

    struct NotRecorded: Error, CustomStringConvertible {
        let report: FinishReport
        var description: String { "the numbers are not of recording alone: \(report)" }
    }
}
