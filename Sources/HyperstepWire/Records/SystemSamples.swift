#if canImport(FoundationEssentials)
    public import struct FoundationEssentials.UUID
#else
    public import struct Foundation.UUID
#endif

/// Samples of a host and its accelerators, taken by one process, column by column.
public struct SystemSamples: Equatable, Sendable {
    /// The process that sampled.
    public var instanceID: UUID
    /// The run that it belongs to; `nil` for a server.
    public var runID: UUID?
    /// The devices that the rows name by their place here, as `cpu` (the machine), `process` and `gpu0`, 1 to 256
    /// bytes each: at most `WireLimits.maxDevices`, no name twice.
    public var devices: [String] = []
    /// When each sample was taken: nanoseconds since 1970, 0 or later. One per row.
    public var times: [Int64] = []
    /// Place in `devices` of each row's device.
    public var deviceIndexes: [UInt32] = []
    /// Percent, by convention 0 to 100.
    public var utilization = DoubleColumn()
    /// Bytes, at most 2^63 − 1.
    public var memoryUsedBytes = UInt64Column()
    /// Watts.
    public var powerWatts = DoubleColumn()
    /// Degrees Celsius.
    public var temperatureC = DoubleColumn()
    /// What 100 percent of `utilization` are, in cores.
    public var cpuLimitCores = DoubleColumn()
    /// How much memory there is to use, bytes, at most 2^63 − 1.
    public var memoryLimitBytes = UInt64Column()
    /// Bytes since the device's sample before, at most 2^63 − 1; likewise those below.
    public var diskReadBytes = UInt64Column()
    /// Bytes written to disks.
    public var diskWrittenBytes = UInt64Column()
    /// Bytes received from networks.
    public var networkReceivedBytes = UInt64Column()
    /// Bytes sent to networks.
    public var networkSentBytes = UInt64Column()

    /// Creates an empty batch of samples of one process.
    public init(instanceID: UUID, runID: UUID? = nil) {
        self.instanceID = instanceID
        self.runID = runID
    }

    /// How many rows there are.
    public var count: Int { times.count }
}
