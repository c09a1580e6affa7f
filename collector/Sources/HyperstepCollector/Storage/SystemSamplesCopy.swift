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
        temperature_c, cpu_limit_cores, memory_limit_bytes, disk_read_bytes, disk_written_bytes,
        network_received_bytes, network_sent_bytes) FROM STDIN WITH (FORMAT binary)
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
        var readings = Readings(samples, from: rows.lowerBound)
        for row in rows {
            copy.row(fields: 14)
            copy.timestamp(nanoseconds: samples.times[row])
            if let run = samples.runID { copy.uuid(run) } else { copy.null() }
            copy.uuid(samples.instanceID)
            copy.text(samples.devices[Int(samples.deviceIndexes[row])])
            readings.append(to: &copy)
            try copy.sendIfLarge(to: writer)
        }
    }

    /// What devices tell, row by row.
    private struct Readings {
        private var utilization, power, temperature, cpuLimit: ColumnCursor<Double>
        private var memory, memoryLimit: ColumnCursor<UInt64>
        private var moved: [ColumnCursor<UInt64>]

        init(_ samples: SystemSamples, from row: Int) {
            utilization = ColumnCursor(samples.utilization, from: row)
            memory = ColumnCursor(samples.memoryUsedBytes, from: row)
            power = ColumnCursor(samples.powerWatts, from: row)
            temperature = ColumnCursor(samples.temperatureC, from: row)
            cpuLimit = ColumnCursor(samples.cpuLimitCores, from: row)
            memoryLimit = ColumnCursor(samples.memoryLimitBytes, from: row)
            moved = [
                samples.diskReadBytes, samples.diskWrittenBytes, samples.networkReceivedBytes,
                samples.networkSentBytes,
            ].map { ColumnCursor($0, from: row) }
        }

        mutating func append(to copy: inout PostgresBinaryCopy) {
            copy.float8(utilization.next())
            Self.append(bytes: memory.next(), to: &copy)
            copy.float8(power.next())
            copy.float8(temperature.next())
            copy.float8(cpuLimit.next())
            Self.append(bytes: memoryLimit.next(), to: &copy)
            for index in moved.indices { Self.append(bytes: moved[index].next(), to: &copy) }
        }

        private static func append(bytes: UInt64?, to copy: inout PostgresBinaryCopy) {
            if let bytes { copy.int8(Int64(clamping: bytes)) } else { copy.null() }
        }
    }
}
