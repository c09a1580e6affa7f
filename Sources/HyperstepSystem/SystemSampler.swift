/// Samples the machine underneath: CPU, memory, disks, networks, this process and its accelerators.
///
/// For one thread that may wait: a sample takes a fraction of a millisecond without an accelerator, but a GPU's
/// driver answers when it likes, and one in trouble may hold the caller for seconds. Never call it where something
/// else has to go on.
///
///     let sampler = SystemSampler()
///     while running {
///         sleep(15)
///         for sample in sampler.sample() { … }
///     }
///
/// It never fails and never traps: whatever a system does not tell, or tells in words that it did not use before,
/// is absent. No file of `/proc`, `/sys` or a control group stays open between two samples; NVIDIA's library keeps
/// its devices open.
public final class SystemSampler {
    private var machine: any Machine
    private let gpus: any GPUs
    private var previous: SystemReading

    /// Looks at what there is, and begins the first interval.
    ///
    /// Waking a GPU's driver may take seconds where nobody else uses it.
    /// - Parameter gpus: whether to look for accelerators.
    public convenience init(gpus: Bool = true) {
        #if canImport(Darwin)
            let machine = DarwinMachine()
            let found: any GPUs = gpus ? AppleGPUs() : NoGPUs()
        #else
            let machine = LinuxMachine(root: "/")
            let found: any GPUs = gpus ? NVIDIAGPUs() : NoGPUs()
        #endif
        self.init(machine: machine, gpus: found)
    }

    init(machine: any Machine, gpus: any GPUs) {
        self.machine = machine
        self.gpus = gpus
        previous = self.machine.read()
    }

    /// What each device did since the last call, or since this was made. A device about which nothing is known
    /// is left out.
    public func sample() -> [SystemSample] {
        let reading = machine.read()
        var samples = reading.samples(since: previous)
        previous = reading
        samples.append(contentsOf: gpus.samples().filter { !$0.isEmpty })
        return samples
    }

    /// The accelerators that were found.
    public var gpuDescriptions: [GPUDescription] { gpus.descriptions }

    /// What a person may want to know about why something is absent, each to be said once. That there is no
    /// accelerator is nothing to note.
    public var notes: [String] { machine.notes + gpus.notes }
}

/// What a system tells about itself and this process.
protocol Machine {
    var notes: [String] { get }
    /// Everything as it is now.
    mutating func read() -> SystemReading
}

/// What a driver tells about its accelerators.
protocol GPUs {
    var descriptions: [GPUDescription] { get }
    var notes: [String] { get }
    /// Each accelerator as it is now, those included that tell nothing.
    func samples() -> [SystemSample]
}

/// No accelerators, or none that anybody asked about.
struct NoGPUs: GPUs {
    var descriptions: [GPUDescription] { [] }
    var notes: [String] { [] }
    func samples() -> [SystemSample] { [] }
}
