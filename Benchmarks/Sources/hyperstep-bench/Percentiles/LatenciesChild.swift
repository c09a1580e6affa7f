import Hyperstep

extension ChildPart {
    /// `DIRECTORY INSTANCE COUNT`: records so many latencies of each distribution, offline.
    static let latencies = ChildPart(name: "latencies") { arguments in
        guard arguments.count == 3, let instance = Int(arguments[1]), let count = Int(arguments[2]) else {
            throw BenchError(description: "wrong arguments")
        }
        var settings = Settings(mode: .offline, directory: arguments[0])
        // Several windows each, not one that has it all.
        settings.windowInterval = .milliseconds(100)
        for distribution in LatencyDistribution.all {
            let monitor = try InferenceMonitor.start(
                model: "bench", endpoint: distribution.name, settings: settings)
            for latency in distribution.latencies(count, instance: instance) {
                monitor.record(latency: .nanoseconds(latency))
            }
        }
        let report = InferenceMonitor.shutdown(timeout: .seconds(60))
        guard report.dropped == 0, report.refusedMonitors == 0 else {
            throw BenchError(description: "not all latencies are counted: \(report)")
        }
        writeLine("\(report)", to: 1)
    }
}
