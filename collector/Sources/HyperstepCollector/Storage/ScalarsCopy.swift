import HyperstepPolicies
import HyperstepPostgres
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Scalars as rows of `run_metrics`.
struct ScalarsCopy: TableCopy, ~Copyable {
    static let table = Hypertable.runMetrics
    static let segmentColumns: Set<String> = ["run_id", "metric_id"]
    static let statement = """
        COPY run_metrics (time, run_id, metric_id, step, value, attempt, rank) FROM STDIN WITH (FORMAT binary)
        """

    private var names = NameIDs<RunMetric>()

    static func records(of batch: Batch) -> Scalars? {
        if case .scalars(let scalars) = batch.records { scalars } else { nil }
    }

    static func times(of scalars: Scalars) -> [Int64] { scalars.times }
    static func segment(of scalars: Scalars) -> Segment {
        Segment(key: [scalars.runID], count: max(1, Set(scalars.metricIndexes).count))
    }
    static func noteKey(of scalars: Scalars, _ row: Int) -> UUID? { scalars.runID }

    mutating func prepare(
        _ group: [PendingBatch], _ settings: WriterSettings, in session: DatabaseSession
    ) throws(PostgresError) {
        try names.learn(
            group.compactMap { Self.records(of: $0.batch) }, atMost: settings.metricNamesPerRun,
            on: session.connection, beforeMaking: session.verify)
    }

    mutating func forgetIDs() { names = NameIDs() }

    func refused(of batch: Batch, _ rows: Range<Int>, _ settings: WriterSettings) -> RefusedRows? {
        guard let scalars = Self.records(of: batch) else { return nil }
        return RefusedRows(
            batch, scalars, rows, names.refused(in: scalars), limit: settings.metricNamesPerRun
        ) { .scalars($0) }
    }

    mutating func write(
        _ scalars: Scalars, rows: Range<Int>, through copy: inout PostgresBinaryCopy,
        to writer: borrowing PostgresCopyWriter
    ) throws(PostgresError) {
        let ids = try names.ids(of: scalars)
        for row in rows {
            // The run has too many names: the row is kept aside.
            guard let id = ids[Int(scalars.metricIndexes[row])] else { continue }
            copy.row(fields: 7)
            copy.timestamp(nanoseconds: scalars.times[row])
            copy.uuid(scalars.runID)
            copy.int4(Int32(truncatingIfNeeded: id))
            copy.int8(scalars.steps[row])
            copy.float8(scalars.values[row])
            copy.int2(scalars.attempt)
            copy.int2(scalars.rank)
            try copy.sendIfLarge(to: writer)
        }
    }
}
