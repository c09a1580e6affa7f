import HyperstepHistogram
import HyperstepPolicies
import HyperstepPostgres
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The histograms of windows as rows of `latency_histogram`: one for each kind and bucket that counted.
struct LatencyHistogramCopy: TableCopy, ~Copyable {
    static let table = Hypertable.latencyHistogram
    static let segmentColumns: Set<String> = ["model_id", "endpoint", "instance_id", "kind"]
    static let statement = """
        COPY latency_histogram (time, model_id, endpoint, instance_id, kind, bucket, count)
        FROM STDIN WITH (FORMAT binary)
        """

    static func records(of batch: Batch) -> InferenceWindows? {
        if case .inferenceWindows(let windows) = batch.records { windows } else { nil }
    }

    static func times(of windows: InferenceWindows) -> [Int64] { windows.windows.map(\.time) }
    static func rowCounts(of windows: InferenceWindows) -> [Int] { windows.windows.map(\.bucketCount) }
    static func segment(of windows: InferenceWindows) -> Segment {
        let served = Set(
            windows.windows.flatMap { window in window.histograms.map { Served(window, kind: $0.kind) } })
        return Segment(key: [windows.instanceID], count: max(1, served.count))
    }
    static func noteKey(of windows: InferenceWindows, _ row: Int) -> UUID? {
        windows.windows[row].histograms.isEmpty ? nil : windows.windows[row].model.id
    }

    mutating func write(
        _ windows: InferenceWindows, rows: Range<Int>, through copy: inout PostgresBinaryCopy,
        to writer: borrowing PostgresCopyWriter
    ) throws(PostgresError) {
        for row in rows {
            let window = windows.windows[row]
            for histogram in window.histograms {
                try Self.append(histogram, of: window, windows.instanceID, through: &copy, to: writer)
            }
        }
    }

    private static func append(
        _ histogram: LatencyHistogram, of window: InferenceWindow, _ instance: UUID,
        through copy: inout PostgresBinaryCopy, to writer: borrowing PostgresCopyWriter
    ) throws(PostgresError) {
        let kind = Int16(clamping: histogram.kind.rawValue)
        for (bucket, count) in zip(histogram.distribution.buckets, histogram.distribution.counts) {
            copy.row(fields: 7)
            copy.timestamp(nanoseconds: window.time)
            copy.uuid(window.model.id)
            copy.text(window.endpoint)
            copy.uuid(instance)
            copy.int2(kind)
            copy.int2(Int16(clamping: bucket))
            copy.int8(Int64(clamping: count))
            try copy.sendIfLarge(to: writer)
        }
    }
}

extension InferenceWindow {
    /// How many buckets of all its kinds counted something.
    var bucketCount: Int { histograms.reduce(0) { $0 + $1.distribution.buckets.count } }
}
