import HyperstepRecorder
import HyperstepSystem
import HyperstepWire

extension Recorder {
    /// Records a sample as one row; dropped and counted where there is no room.
    func record(_ sample: SystemSample, time: Int64) {
        // The identity says whose it is, not each row.
        var row = SystemSamples(instanceID: processInstance)
        row.devices = [sample.device]
        row.times = [time]
        row.deviceIndexes = [0]
        row.utilization = DoubleColumn([sample.utilization])
        row.memoryUsedBytes = UInt64Column([sample.memoryUsedBytes?.storable])
        row.powerWatts = DoubleColumn([sample.powerWatts])
        row.temperatureC = DoubleColumn([sample.temperatureC])
        row.cpuLimitCores = DoubleColumn([sample.cpuLimitCores])
        row.memoryLimitBytes = UInt64Column([sample.memoryLimitBytes?.storable])
        row.diskReadBytes = UInt64Column([sample.diskReadBytes?.storable])
        row.diskWrittenBytes = UInt64Column([sample.diskWrittenBytes?.storable])
        row.networkReceivedBytes = UInt64Column([sample.networkReceivedBytes?.storable])
        row.networkSentBytes = UInt64Column([sample.networkSentBytes?.storable])
        // What cannot be encoded, a device of an endless name, is nothing to tell anyone about.
        guard let row = try? row.encoded() else { return }
        samples.record(row)
    }
}

extension UInt64 {
    /// Nil for more bytes than a column of the database holds: nonsense of a driver.
    fileprivate var storable: UInt64? { self <= UInt64(Int64.max) ? self : nil }
}
