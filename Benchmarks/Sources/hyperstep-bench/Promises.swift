/// The numbers that Hyperstep promises, by the names of the measurements that they are shown by. What is not named here
/// is for comparison alone.
enum Promises {
    /// - Returns: nil for a measurement of which nothing is promised.
    static func bound(of name: String) -> Bound? {
        if let bound = byName[name] { return bound }
        // Allocations on any path that records.
        if name.hasSuffix(".allocations") { return .atMost(0) }
        // Of the group's measurements those of real time: what a thread had of a processor stands beside them.
        if name.hasPrefix("never.in.the.way."), !name.hasSuffix(".processor") { return .atLeast(0.99) }
        if name.hasPrefix("percentiles.error.") { return .atMost(0.01) }
        return nil
    }

    private static let byName: [String: Bound] = [
        // Nanoseconds of a step with every column, the reading of the clock included.
        "record.step.p50": .atMost(40),
        "record.step.noclock.p50": .atMost(12),
        "wire.bytes_per_step": .atMost(80),
        // Nanoseconds of a request whose latency the caller has: beyond the clock.
        "monitor.record.p50": .atMost(15),
        "monitor.record.2threads.ratio": .atMost(1.5),
        "percentiles.merge.differing_buckets": .atMost(0),
        // Megabytes beyond the same process with Hyperstep disabled.
        "footprint.offline.beyond.second": .atMost(16),
        "footprint.offline.beyond.end": .atMost(16),
        "footprint.offline.growth": .atMost(0.5),
        "footprint.online.beyond.second": .atMost(16),
        "footprint.online.beyond.end": .atMost(16),
        "footprint.online.growth": .atMost(0.5),
        "ingest.end_to_end": .atLeast(0.85, of: .ratio),
        "ingest.end_to_end.2connections": .atLeast(0.85, of: .ratio),
        // Only the Community edition compresses.
        "questions.community.compression.training_metrics": .atLeast(10),
        "questions.community.hourly": .atMost(1.0 / 50, of: .ratio),
        "questions.apache.hourly": .atMost(1.0 / 50, of: .ratio),
    ]
}
