import HyperstepHistogram

extension Benchmark {
    /// Latencies that several processes record by `InferenceMonitor.record(latency:)`, offline, a monitor for each
    /// distribution; and what their windows say afterwards, read from their files as `hyperstep-collector replay` does.
    static let percentiles = Benchmark(
        name: "percentiles",
        summary: "percentiles of 10 million latencies of five distributions, recorded by four processes, "
            + "against the exact ones; and their histograms merged against the histogram of all"
    ) { scale, add in
        let (instances, count) = (4, scale.count(500_000))
        let windows = try withBenchDirectory { directory in
            let children = try (0..<instances).map {
                try ChildProcess(.latencies, [directory, "\($0)", "\(count)"])
            }
            for child in children { _ = try child.line() }
            for child in children { child.end() }
            return try LeftWindows(directory: directory)
        }
        guard windows.instances.count == instances else {
            throw BenchError(
                description: "\(windows.instances.count) processes left windows: \(instances) recorded")
        }
        var (differing, recorded) = (0, 0)
        for distribution in LatencyDistribution.all {
            var all = (0..<instances).flatMap { distribution.latencies(count, instance: $0) }
            all.sort()
            let merged = windows.merged(endpoint: distribution.name)
            recorded += Int(merged.count)
            differing += merged.differingBuckets(from: Histogram(nanoseconds: all.lazy.map(UInt64.init)))
            let errors = LatencyError.all(of: merged, sorted: all)
            add(
                Measurement(
                    name: "percentiles.error.\(distribution.name)", value: errors.map(\.value).max() ?? .nan,
                    unit: "relative",
                    note: "the greatest: " + errors.map(\.description).joined(separator: ", ")))
        }
        add(
            Measurement(
                name: "percentiles.recorded", value: Double(recorded), unit: "count",
                note: "by \(instances) processes, in \(windows.count) windows"))
        add(
            Measurement(
                name: "percentiles.merge.differing_buckets", value: Double(differing), unit: "count",
                note: "all windows of all processes merged, against the histogram of all latencies"))
    }
}

/// How far a percentile is from the exact one.
private struct LatencyError: CustomStringConvertible {
    let name: String
    /// As a part of the exact one.
    let value: Double
    var description: String { "\(name) \(Measurement.number(value))" }

    static func all(of histogram: Histogram, sorted: [Int64]) -> [LatencyError] {
        [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999)].map { name, part in
            let rank = max(1, Int((part * Double(sorted.count)).rounded(.up)))
            let exact = Double(sorted[rank - 1])
            let found = (histogram.percentile(part) ?? .infinity) * 1e6
            return LatencyError(name: name, value: abs(found - exact) / exact)
        }
    }
}

extension Histogram {
    /// How many buckets do not have the same count in both.
    fileprivate func differingBuckets(from other: Histogram) -> Int {
        let mine = Dictionary(uniqueKeysWithValues: zip(buckets, counts))
        let theirs = Dictionary(uniqueKeysWithValues: zip(other.buckets, other.counts))
        return Set(buckets).union(other.buckets).count { mine[$0] != theirs[$0] }
    }
}
