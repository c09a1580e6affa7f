import HyperstepPolicies
import HyperstepPostgres
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Samples of the machine as rows of `system_metrics`.
struct SystemSamplesCopy: TableCopy, ~Copyable {
    static let table = Hypertable.systemMetrics
    static let segmentColumns: Set<String> = ["run_id", "instance_id", "device"]
    static let statement = """
        COPY system_metrics (time, run_id, instance_id, device, utilization, memory_used_bytes, power_watts,
        temperature_c) FROM STDIN WITH (FORMAT binary)
        """

    static func records(of batch: Batch) -> SystemSamples? {
        if case .systemSamples(let samples) = batch.records { samples } else { nil }
    }

    static func times(of samples: SystemSamples) -> [Int64] { samples.times }
    static func segment(of samples: SystemSamples) -> Segment {
        Segment(
            key: [samples.instanceID] + (samples.runID.map { [$0] } ?? []),
            count: max(1, Set(samples.deviceIndexes).count))
    }
    /// No aggregate is made of this table.
    static func noteKey(of samples: SystemSamples, _ row: Int) -> UUID? { nil }

    mutating func write(
        _ samples: SystemSamples, rows: Range<Int>, through copy: inout PostgresBinaryCopy,
        to writer: borrowing PostgresCopyWriter
    ) throws(PostgresError) {
        var utilization = ColumnCursor(samples.utilization, from: rows.lowerBound)
        var memory = ColumnCursor(samples.memoryUsedBytes, from: rows.lowerBound)
        var power = ColumnCursor(samples.powerWatts, from: rows.lowerBound)
        var temperature = ColumnCursor(samples.temperatureC, from: rows.lowerBound)
        for row in rows {
            copy.row(fields: 8)
            copy.timestamp(nanoseconds: samples.times[row])
            if let run = samples.runID { copy.uuid(run) } else { copy.null() }
            copy.uuid(samples.instanceID)
            copy.text(samples.devices[Int(samples.deviceIndexes[row])])
            copy.float8(utilization.next())
            if let bytes = memory.next() { copy.int8(Int64(clamping: bytes)) } else { copy.null() }
            copy.float8(power.next())
            copy.float8(temperature.next())
            try copy.sendIfLarge(to: writer)
        }
    }
}
