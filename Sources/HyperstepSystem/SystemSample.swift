/// What one device did since the sample before, and what it holds now.
///
/// Absent always means not known, and never zero: a container does not see the temperature, a driver may refuse
/// to tell the power. The devices are
///
/// - `cpu`: the machine, or as much of it as this process may use where cgroup v2 limits its CPU time or memory.
///   Which cores it may use (cpusets, affinity) is not looked at.
///   `diskReadBytes` and its like are the whole machine's all the same.
/// - `process`: this process alone.
/// - `gpu0`, `gpu1`, …: accelerators, in the order in which their driver counts them.
public struct SystemSample: Equatable, Sendable {
    /// `cpu`, `process`, `gpu0` and so on.
    public var device: String
    /// Percent, by convention 0 to 100. Of `cpu`: CPU time used, of `cpuLimitCores`; of `process`: its own share
    /// of the same, so that the two compare; of a GPU: the part of the driver's last period in which it worked.
    public var utilization: Double?
    /// Bytes. Of `cpu`: what could not be given to another program at once (without caches that can be let go);
    /// of `process`: resident in memory; of a GPU: allocated on it, by whomever.
    public var memoryUsedBytes: UInt64?
    /// Watts.
    public var powerWatts: Double?
    /// Degrees Celsius; of a machine with several processors, the hottest.
    public var temperatureC: Double?
    /// What 100 % of `utilization` is, in cores: those of the machine, or fewer where the process is limited.
    /// Of `cpu` alone.
    public var cpuLimitCores: Double?
    /// How much there is: of the machine, or less where the process is limited; or on the GPU. Bytes.
    public var memoryLimitBytes: UInt64?
    /// Bytes read from disks since the sample before. Of `cpu`: by anybody, from physical disks; of `process`:
    /// what it caused to be read.
    public var diskReadBytes: UInt64?
    /// Bytes written to disks since the sample before.
    public var diskWrittenBytes: UInt64?
    /// Bytes received from networks since the sample before, by anybody who shares its interfaces. Of `cpu` alone.
    public var networkReceivedBytes: UInt64?
    /// Bytes sent to networks since the sample before.
    public var networkSentBytes: UInt64?

    /// Creates a sample in which nothing is known.
    public init(device: String) {
        self.device = device
    }

    /// Whether there is anything to say.
    var isEmpty: Bool { self == SystemSample(device: device) }
}
