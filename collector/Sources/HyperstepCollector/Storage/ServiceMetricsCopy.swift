import HyperstepPolicies
import HyperstepPostgres
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Windows of series as rows of `service_metrics`, one each.
struct ServiceMetricsCopy: TableCopy, ~Copyable {
    static let table = Hypertable.serviceMetrics
    static let segmentColumns: Set<String> = ["series_id", "instance_id", "run_id"]
    static let statement = """
        COPY service_metrics (time, series_id, instance_id, run_id, duration_ms, count, non_finite_count, sum, min,
        max, last) FROM STDIN WITH (FORMAT binary)
        """

    private let ids: SeriesIDs

    /// - Parameter ids: shared with the writer of histograms, which has the same series.
    init(_ ids: SeriesIDs) { self.ids = ids }

    static func records(of batch: Batch) -> SeriesWindows? {
        if case .seriesWindows(let windows) = batch.records { windows } else { nil }
    }

    static func times(of windows: SeriesWindows) -> [Int64] { windows.times }
    static func segment(of windows: SeriesWindows) -> Segment {
        Segment(key: windows.segmentKey, count: max(1, Set(windows.seriesIndexes).count))
    }
    /// No aggregate is made of this table.
    static func noteKey(of windows: SeriesWindows, _ row: Int) -> UUID? { nil }

    mutating func prepare(
        _ group: [PendingBatch], _ settings: WriterSettings, in session: DatabaseSession
    ) throws(PostgresError) {
        let batches = group.compactMap { Self.records(of: $0.batch) }
        try ids.names.learn(
            batches, atMost: settings.seriesPerService, on: session.connection, beforeMaking: session.verify)
    }

    mutating func forgetIDs() { ids.names = NameIDs() }

    func refused(of batch: Batch, _ rows: Range<Int>, _ settings: WriterSettings) -> RefusedRows? {
        guard let windows = Self.records(of: batch) else { return nil }
        return RefusedRows(
            batch, windows, rows, ids.names.refused(in: windows), limit: settings.seriesPerService
        ) { .seriesWindows($0) }
    }

    mutating func write(
        _ windows: SeriesWindows, rows: Range<Int>, through copy: inout PostgresBinaryCopy,
        to writer: borrowing PostgresCopyWriter
    ) throws(PostgresError) {
        let series = try ids.names.ids(of: windows)
        var (sum, min) = (
            ColumnCursor(windows.sum, from: rows.lowerBound), ColumnCursor(windows.min, from: rows.lowerBound)
        )
        var (max, last) = (
            ColumnCursor(windows.max, from: rows.lowerBound),
            ColumnCursor(windows.last, from: rows.lowerBound)
        )
        for row in rows {
            let numbers = [sum.next(), min.next(), max.next(), last.next()]
            // The service has too many series: the row is kept aside.
            guard let id = series[Int(windows.seriesIndexes[row])] else { continue }
            copy.row(fields: 11)
            copy.timestamp(nanoseconds: windows.times[row])
            copy.int8(id)
            copy.uuid(windows.instanceID)
            if let run = windows.runID { copy.uuid(run) } else { copy.null() }
            copy.float8(windows.durationsMs[row])
            copy.int8(Int64(clamping: windows.counts[row]))
            copy.int8(Int64(clamping: windows.nonFiniteCounts[row]))
            for number in numbers { copy.float8(number) }
            try copy.sendIfLarge(to: writer)
        }
    }
}

/// The ids of series, for all that one session writes about them.
final class SeriesIDs {
    var names = NameIDs<ServiceSeries>()
}

extension SeriesWindows {
    /// What all of them have in common.
    var segmentKey: [UUID] { [instanceID] + (runID.map { [$0] } ?? []) }
}
