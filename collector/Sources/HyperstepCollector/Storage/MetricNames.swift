import HyperstepPostgres
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The ids that the names of a run's scalars have in the table `metrics`, as far as one session has asked for
/// them, and the runs that have as many names as a run may have.
///
/// Names are made in transactions of their own, before the one that writes the rows: what is known here is
/// committed, and nobody holds a name that another waits for while it writes.
struct MetricNames {
    /// Names known at most, besides those of the group that is being written.
    static let limit = 16_384

    private var ids: [RunMetric: Int32] = [:]
    /// Runs that were refused a name: what they log by names that are not known is left out.
    private var full: Set<UUID> = []

    /// How many are known.
    var count: Int { ids.count }

    /// Has the ids of the names that rows of these batches use, and makes those that are new to their runs, as
    /// long as a run has fewer than `limit`.
    mutating func learn(
        _ batches: [Scalars], atMost limit: Int, on connection: PostgresConnection
    ) throws(PostgresError) {
        let used = Self.used(in: batches)
        var missing = used.filter { ids[$0] == nil }
        guard !missing.isEmpty else { return }
        if ids.count + missing.count > Self.limit {
            ids = [:]
            missing = used
        }
        if full.count > Self.limit { full = [] }
        let new = try find(missing, on: connection).filter { !full.contains($0.run) }
        guard !new.isEmpty else { return }
        let refused = try MetricStatements.admit(new, atMost: limit, on: connection)
        guard try Set(refused).isSuperset(of: find(new, on: connection)) else {
            throw PostgresError(code: "40001", message: "rows of run_metric_names were deleted meanwhile")
        }
        full.formUnion(refused.map(\.run))
    }

    /// The id of each of the metrics that a batch lists; nil for those that no row uses, and for those that are
    /// too many for the run.
    func ids(of scalars: Scalars) throws(PostgresError) -> [Int32?] {
        var found: [Int32?] = []
        found.reserveCapacity(scalars.metrics.count)
        for (metric, isUsed) in zip(scalars.metrics, scalars.usedMetrics) {
            let id = isUsed ? ids[RunMetric(scalars.runID, metric)] : nil
            guard id != nil || !isUsed || full.contains(scalars.runID) else {
                throw PostgresError(kind: .retryable, message: "the id of a metric was not asked for")
            }
            found.append(id)
        }
        return found
    }

    /// Which of the metrics that a batch lists are too many for its run.
    func refused(in scalars: Scalars) -> [Bool] {
        guard full.contains(scalars.runID) else { return [] }
        return zip(scalars.metrics, scalars.usedMetrics).map { metric, isUsed in
            isUsed && ids[RunMetric(scalars.runID, metric)] == nil
        }
    }

    /// Remembers the ids of those that their runs may log, and returns the others.
    private mutating func find(
        _ metrics: [RunMetric], on connection: PostgresConnection
    ) throws(PostgresError) -> [RunMetric] {
        var others: [RunMetric] = []
        for (metric, id) in zip(metrics, try MetricStatements.find(metrics, on: connection)) {
            if let id { ids[metric] = id } else { others.append(metric) }
        }
        return others
    }

    /// What rows of these batches use, each once, in the order in which the batches list them.
    private static func used(in batches: [Scalars]) -> [RunMetric] {
        var (seen, used): (Set<RunMetric>, [RunMetric]) = ([], [])
        for scalars in batches {
            for (metric, isUsed) in zip(scalars.metrics, scalars.usedMetrics) where isUsed {
                let metric = RunMetric(scalars.runID, metric)
                if seen.insert(metric).inserted { used.append(metric) }
            }
        }
        return used
    }
}
