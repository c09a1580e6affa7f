/// How much of a machine was in use by one sample of it, in percent. Absent is what was not known.
public struct SystemLoad: Equatable, Sendable {
    /// CPU time used, of all that there is or that this process is limited to.
    public var cpu: Double?
    /// Memory in use, of all that there is or that this process is limited to.
    public var memory: Double?
    /// The mean over the GPUs that tell how much they work.
    public var gpu: Double?

    /// The load that the samples of one moment tell.
    init(of samples: [SystemSample]) {
        if let machine = samples.first(where: { $0.device == "cpu" }) {
            cpu = machine.utilization
            if let used = machine.memoryUsedBytes, let limit = machine.memoryLimitBytes, limit > 0 {
                memory = Self.short(100 * Double(used) / Double(limit))
            }
        }
        let gpus = samples.filter { $0.device.hasPrefix("gpu") }.compactMap(\.utilization)
        if !gpus.isEmpty { gpu = Self.short(gpus.reduce(0, +) / Double(gpus.count)) }
    }

    /// With 24 significant bits, which compress, as those of samples.
    private static func short(_ percent: Double) -> Double { Double(Float(percent)) }
}
