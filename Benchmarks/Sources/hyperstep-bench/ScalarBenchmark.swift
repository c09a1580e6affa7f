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
    /// A value of a named metric, while a shipper drains the recorder into its spool.
    static let scalar = Benchmark(name: "record.scalar", summary: "metric.record, a shipper running") {
        scale, add in
        let directory = "/tmp/hyperstep-bench-scalar-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var settings = Settings(mode: .offline, directory: directory)
        settings.scalarCapacity = 1_048_576
        settings.spoolLimit = 64 << 30
        settings.flushInterval = .milliseconds(10)
        let run = try Run.start(project: "bench", name: "metric", model: "none", settings: settings)
        let metric = run.metric("val/top5", unit: "1")
        // At most a million values a second, which a shipper keeps up with.
        func breathe() { usleep(1_000) }
        var step = 0
        let samples = Samples.ofBatches(scale.count(2_000), pause: breathe) {
            metric.record(0.93, step: step)
            step &+= 1
        }
        add(.nanoseconds("record.scalar.p50", samples.percentile(0.5), "with the clock"))
        let allocations = Allocations.count {
            for step in 0..<100_000 {
                if step % 1_000 == 0 { breathe() }
                metric.record(0.93, step: step)
            }
        }
        if let allocations {
            add(
                Measurement(
                    name: "record.scalar.allocations", value: Double(allocations), unit: "count",
                    note: "in 100,000"))
        }
        let report = run.finish(timeout: .seconds(120))
        guard report.scalars.dropped == 0, report.scalars.spooled > 0 else { throw Dropped(report: report) }
    }

    private struct Dropped: Error, CustomStringConvertible {
        let report: FinishReport
        var description: String { "the numbers are not of recording alone: \(report)" }
    }
}
