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
    /// As `cpu` or `gpu0`.
    public let device: String
    /// Percent.
    public let utilization: Double?
    /// Bytes.
    public let memoryUsed: Int?
    /// Watts.
    public let power: Double?
    /// Degrees Celsius.
    public let temperature: Double?

    /// Rows of a batch.
    static func all(_ samples: SystemSamples, rows: [Int]) -> [RecordedSample] {
        let (utilization, power) = (
            samples.utilization.rows(samples.count), samples.powerWatts.rows(samples.count)
        )
        let temperature = samples.temperatureC.rows(samples.count)
        let memory = samples.memoryUsedBytes.rows(samples.count)
        return rows.map { row in
            RecordedSample(
                time: Date(nanoseconds: samples.times[row]), runID: samples.runID,
                device: samples.devices[Int(samples.deviceIndexes[row])], utilization: utilization[row],
                memoryUsed: memory[row].map { Int(clamping: $0) }, power: power[row],
                temperature: temperature[row])
        }
    }
}
