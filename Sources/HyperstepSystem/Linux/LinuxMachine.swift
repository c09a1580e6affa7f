#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Linux, by what it tells in `/proc`, `/sys` and cgroups of version 2.
struct LinuxMachine: Machine {
    let notes: [String]
    private let files: KernelFiles
    private let places: Places
    private let group: ControlGroup?
    private var hardware: Hardware
    private let pageBytes = UInt64(clamping: sysconf(Int32(_SC_PAGESIZE)))

    private struct Places {
        let stat, meminfo, statm, io, netDev, diskstats: KernelFiles.Place
    }

    /// - Parameter root: the folder that has `proc` and `sys`.
    init(root: String) {
        let files = KernelFiles(root: root)
        self.files = files
        places = Places(
            stat: files.place("/proc/stat"), meminfo: files.place("/proc/meminfo"),
            statm: files.place("/proc/self/statm"), io: files.place("/proc/self/io"),
            netDev: files.place("/proc/net/dev"), diskstats: files.place("/proc/diskstats"))
        hardware = Hardware(files)
        let membership = files.read(files.place("/proc/self/cgroup")) { CgroupMembership($0) }
        let mounts = files.read(files.place("/proc/self/mountinfo")) { CgroupMount.all($0) }
        group = membership.flatMap { ControlGroup($0, mounts: mounts ?? [], files) }
        notes =
            membership?.hasOldLimits == true
            ? [
                "This process is in cgroups of version 1. Limits that they set are not looked at: cpu and memory are "
                    + "those of the whole machine. Version 2 is the kernel's default since systemd 243."
            ] : []
    }

    mutating func read() -> SystemReading {
        var reading = SystemReading()
        readCPU(into: &reading)
        readMemory(into: &reading)
        reading.temperatureC = hardware.temperature()
        reading.disks = hardware.disks(of: files.read(places.diskstats, ProcFiles.diskstats) ?? [])
        reading.networks = hardware.interfaces(of: files.read(places.netDev, ProcFiles.netDev) ?? [])
        reading.process = ProcessReading(
            cpuTime: ProcessClock.cpuTime(),
            memoryUsed: files.read(places.statm, ProcFiles.statm).flatMap { pages in
                let (bytes, overflow) = pages.multipliedReportingOverflow(by: pageBytes)
                return overflow ? nil : bytes
            },
            disk: files.read(places.io, ProcFiles.io))
        return reading
    }

    private func readCPU(into reading: inout SystemReading) {
        let machine = files.read(places.stat, ProcFiles.stat)
        if let limited = group?.cpu(below: machine.map { Double($0.cpus) } ?? .infinity, files) {
            reading.cpuCores = limited.cores
            reading.cpu = limited.counter
        } else if let machine {
            reading.cpuCores = Double(machine.cpus)
            reading.cpu = .machine(busy: machine.busy, total: machine.total)
        }
        // The clock belongs to what was just read, and not to the slower files after it.
        reading.time = SuspendingClock().now
    }

    private func readMemory(into reading: inout SystemReading) {
        let machine = files.read(places.meminfo, ProcFiles.meminfo)
        if let limited = group?.memory(below: machine?.total ?? .max, files) {
            reading.memoryLimit = limited.limit
            reading.memoryUsed = limited.used
        } else {
            reading.memoryLimit = machine?.total
            reading.memoryUsed = machine?.used
        }
    }
}
