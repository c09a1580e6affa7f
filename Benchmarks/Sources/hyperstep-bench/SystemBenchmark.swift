import HyperstepSystem

extension Benchmark {
    /// One sample of the machine that it runs on.
    static let system = Benchmark(name: "system.sample", summary: "one sample of the machine") { scale, add in
        let sampler = SystemSampler()
        let note = "\(sampler.sample().count) devices, of which \(sampler.gpuDescriptions.count) GPUs"
        let samples = Samples.ofSingles(scale.count(2_000), pause: {}) { keep(sampler.sample()) }
        for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
            add(.nanoseconds("system.sample.\(name)", samples.percentile(part), note))
        }
        if let count = Allocations.count({ keep(sampler.sample()) }) {
            add(
                Measurement(
                    name: "system.sample.allocations", value: Double(count), unit: "count", note: "in one"))
        }
    }
}
