/// What a machine's counters say at one moment. Two of them make samples.
struct SystemReading: Equatable {
    /// When it was read, by a clock that stands still while the machine sleeps, as its counters do.
    var time = SuspendingClock().now
    var cpu: CPUCounter?
    /// The machine's, or fewer where a limit is in force.
    var cpuCores: Double?
    var memoryUsed: UInt64?
    var memoryLimit: UInt64?
    var temperatureC: Double?
    /// By the names of disks and of network interfaces.
    var disks: [String: Transfer] = [:]
    var networks: [String: Transfer] = [:]
    var process = ProcessReading()
}

/// What this process has used so far, and holds now.
struct ProcessReading: Equatable {
    var cpuTime: Duration?
    var memoryUsed: UInt64?
    var disk: Transfer?
}

/// CPU time used so far.
enum CPUCounter: Equatable {
    /// By the whole machine, in ticks of any length, of those that there were.
    case machine(busy: UInt64, total: UInt64)
    /// By all processes that share the limit in force, which has a name.
    case limited(by: String, used: Duration)
}

/// Bytes moved so far, in both directions.
struct Transfer: Equatable {
    /// Read, or received.
    var incoming: UInt64
    /// Written, or sent.
    var outgoing: UInt64

    static let none = Transfer(incoming: 0, outgoing: 0)
}
