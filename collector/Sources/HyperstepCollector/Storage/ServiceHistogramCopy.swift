import HyperstepHistogram
import HyperstepPolicies
import HyperstepPostgres
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The histograms of series as rows of `service_histogram`: one for each bucket that counted.
struct ServiceHistogramCopy: TableCopy, ~Copyable {
    static let table = Hypertable.serviceHistogram
    static let segmentColumns: Set<String> = ["series_id", "instance_id"]
    static let statement = """
        COPY service_histogram (time, series_id, instance_id, bucket, count) FROM STDIN WITH (FORMAT binary)
        """

    private let ids: SeriesIDs

    /// - Parameter ids: those that the writer of windows has asked for.
    init(_ ids: SeriesIDs) { self.ids = ids }

    static func records(of batch: Batch) -> SeriesWindows? {
        guard let windows = ServiceMetricsCopy.records(of: batch),
            windows.histograms.contains(where: { !$0.isEmpty })
        else { return nil }
        return windows
    }
    static func times(of windows: SeriesWindows) -> [Int64] { windows.times }
    static func rowCounts(of windows: SeriesWindows) -> [Int] { windows.bucketCounts }
    static func segment(of windows: SeriesWindows) -> Segment {
        let series = Set(zip(windows.seriesIndexes, windows.histograms).lazy.filter { !$1.isEmpty }.map(\.0))
        return Segment(key: windows.segmentKey, count: max(1, series.count))
    }
    /// No aggregate is made of this table.
    static func noteKey(of windows: SeriesWindows, _ row: Int) -> UUID? { nil }

    mutating func write(
        _ windows: SeriesWindows, rows: Range<Int>, through copy: inout PostgresBinaryCopy,
        to writer: borrowing PostgresCopyWriter
    ) throws(PostgresError) {
        let series = try ids.names.ids(of: windows)
        for row in rows {
            // The service has too many series: the window is kept aside.
            guard let id = series[Int(windows.seriesIndexes[row])] else { continue }
            let histogram = windows.histograms[row]
            for (bucket, count) in zip(histogram.buckets, histogram.counts) {
                copy.row(fields: 5)
                copy.timestamp(nanoseconds: windows.times[row])
                copy.int8(id)
                copy.uuid(windows.instanceID)
                copy.int2(bucket)
                copy.int8(Int64(clamping: count))
                try copy.sendIfLarge(to: writer)
            }
        }
    }
}

extension SeriesWindows {
    /// How many buckets of each row counted something.
    var bucketCounts: [Int] { histograms.map(\.buckets.count) }
}
