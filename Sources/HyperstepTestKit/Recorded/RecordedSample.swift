import HyperstepWire

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A sample of a machine as it came: a row of the table `system_metrics`. What is not known is nil.
public struct RecordedSample: Sendable, Hashable {
    /// When it was taken.
    public let time: Date
    /// The run that it belongs to; nil for a server.
    public let runID: UUID?
    /// The process that took it.
    public let instance: UUID
    /// As `cpu` (the machine, or as much of it as the process may use), `process` or `gpu0`.
    public let device: String
    /// Percent.
    public let utilization: Double?
    /// Bytes.
    public let memoryUsed: Int?
    /// Watts.
    public let power: Double?
    /// Degrees Celsius.
    public let temperature: Double?
    /// What 100 percent are, in cores.
    public let cpuLimit: Double?
    /// How much memory there is to use, in bytes.
    public let memoryLimit: Int?
    /// Bytes read from disks since the device's sample before.
    public let diskRead: Int?
    /// Bytes written to disks since the device's sample before.
    public let diskWritten: Int?
    /// Bytes received from networks since the device's sample before.
    public let networkReceived: Int?
    /// Bytes sent to networks since the device's sample before.
    public let networkSent: Int?

    /// Rows of a batch.
    static func all(_ samples: SystemSamples, rows: [Int]) -> [RecordedSample] {
        let count = samples.count
        let readings = [
            samples.utilization, samples.powerWatts, samples.temperatureC, samples.cpuLimitCores,
        ].map { $0.rows(count) }
        let bytes = [
            samples.memoryUsedBytes, samples.memoryLimitBytes, samples.diskReadBytes,
            samples.diskWrittenBytes, samples.networkReceivedBytes, samples.networkSentBytes,
        ].map { column in column.rows(count).map { $0.map { Int(clamping: $0) } } }
        return rows.map { row in
            RecordedSample(
                time: Date(nanoseconds: samples.times[row]), runID: samples.runID,
                instance: samples.instanceID, device: samples.devices[Int(samples.deviceIndexes[row])],
                utilization: readings[0][row],
                memoryUsed: bytes[0][row], power: readings[1][row], temperature: readings[2][row],
                cpuLimit: readings[3][row], memoryLimit: bytes[1][row], diskRead: bytes[2][row],
                diskWritten: bytes[3][row], networkReceived: bytes[4][row], networkSent: bytes[5][row])
        }
    }
}
