import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A metric that a run logs. Two are the same if they are so byte by byte, as in the database: to Swift two
/// strings are the same that merely look the same.
struct RunMetric: Hashable {
    let run: UUID
    let metric: Metric
    private let bytes: [UInt8]

    init(_ run: UUID, _ metric: Metric) {
        self.run = run
        self.metric = metric
        bytes = Array(metric.name.utf8) + [0] + metric.unit.utf8
    }

    static func == (left: RunMetric, right: RunMetric) -> Bool {
        left.run == right.run && left.bytes == right.bytes
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(run)
        hasher.combine(bytes)
    }
}

extension Scalars {
    /// Which of `metrics` any row uses.
    var usedMetrics: [Bool] {
        var used = [Bool](repeating: false, count: metrics.count)
        for index in metricIndexes { used[Int(index)] = true }
        return used
    }
}
