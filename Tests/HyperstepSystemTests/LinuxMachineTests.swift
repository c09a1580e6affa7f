import Testing

@testable import HyperstepSystem

@Suite struct LinuxMachineTests {
    /// A machine of two CPUs with a disk of two partitions, an encrypted volume, and two processors' sensors.
    private static let files = [
        "/proc/stat": Captured.stat, "/proc/meminfo": Captured.meminfo, "/proc/self/statm": Captured.statm,
        "/proc/self/io": Captured.io, "/proc/net/dev": Captured.netDev,
        "/proc/diskstats": Captured.diskstats, "/proc/self/cgroup": "0::/app\n",
        "/proc/self/mountinfo": Captured.mountinfo,
        "/sys/block/nvme0n1/device": "", "/sys/block/sda/device": "", "/sys/block/dm-0/size": "",
        "/sys/class/net/eth0/device": "", "/sys/class/net/veth9ab1c2d/mtu": "",
        "/sys/class/hwmon/hwmon0/name": "nvme\n", "/sys/class/hwmon/hwmon0/temp1_input": "71000\n",
        "/sys/class/hwmon/hwmon1/name": "coretemp\n", "/sys/class/hwmon/hwmon1/temp1_input": "45500\n",
        "/sys/class/hwmon/hwmon2/name": "coretemp\n", "/sys/class/hwmon/hwmon2/temp1_input": "52000\n",
    ]

    @Test("Everything that a machine tells is read")
    func everything() throws {
        let tree = try FileTree(Self.files)
        var machine = LinuxMachine(root: tree.root)
        let reading = machine.read()
        #expect(reading.cpuCores == 2)
        #expect(reading.cpu == .machine(busy: 3_635_285, total: 5_069_810))
        #expect(reading.memoryLimit == 24_684_084 * 1_024)
        #expect(reading.memoryUsed == 1_218_984 * 1_024)
        #expect(reading.temperatureC == 52)
        #expect(reading.process.disk == Transfer(incoming: 81_920, outgoing: 4_096))
        #expect((reading.process.memoryUsed ?? 0) >= 434 * 4_096)
        #expect(machine.notes.isEmpty)
    }

    @Test("A byte is counted once: on the disk, not on its partitions and what is made of them")
    func onlyHardware() throws {
        let tree = try FileTree(Self.files)
        var machine = LinuxMachine(root: tree.root)
        let reading = machine.read()
        #expect(reading.disks.keys.sorted() == ["nvme0n1", "sda"])
        #expect(reading.networks.keys.sorted() == ["eth0"])
    }

    @Test("Where no interface has hardware, as in a container, all but loopback count")
    func containerNetworks() throws {
        let tree = try FileTree(Self.files)
        try tree.remove("/sys/class/net/eth0")
        var machine = LinuxMachine(root: tree.root)
        #expect(machine.read().networks.keys.sorted() == ["enp1s0", "eth0", "veth9ab1c2d"])
    }

    @Test("Two samples say what happened between them")
    func differences() throws {
        let tree = try FileTree(Self.files)
        let sampler = SystemSampler(machine: LinuxMachine(root: tree.root), gpus: NoGPUs())
        try tree.write([
            // 300 ticks more, of which 100 idle and 50 waiting for a disk.
            "/proc/stat": """
            cpu  2889694 35275 675958 1405262 29413 0 24487 10021 0 0
            cpu0 1411782 17966 324411 759723 8798 0 6654 4674 0 0
            cpu1 1477811 17309 351497 645438 20565 0 17833 5346 0 0
            """,
            "/proc/diskstats": """
            259 0 nvme0n1 3 2 1004 6 9 1 2010 3 1 1 1
            259 1 nvme0n1p1 3 2 9999999 6 9 1 9999999 3 1 1 1
            8 0 sda 10 0 51 1 20 0 70 1 0 2 2
            """,
            "/proc/net/dev": "eth0: 849731999 1 0 0 0 0 0 0 1563330 1 0 0 0 0 0 0\n",
            "/proc/self/io": "read_bytes: 81921\nwrite_bytes: 5096\n",
        ])
        let samples = sampler.sample()
        #expect(samples.map(\.device) == ["cpu", "process"])
        let cpu = samples[0]
        #expect(cpu.utilization == 50)
        #expect(cpu.diskReadBytes == 5 * 512)
        #expect(cpu.diskWrittenBytes == 10 * 512)
        #expect(cpu.networkReceivedBytes == 19)
        #expect(cpu.networkSentBytes == 3)
        #expect(cpu.powerWatts == nil)
        #expect(samples[1].diskReadBytes == 1)
        #expect(samples[1].diskWrittenBytes == 1_000)
        #expect(samples[1].networkSentBytes == nil)
    }

    @Test("In a limited group, CPU and memory are the group's")
    func limited() throws {
        let tree = try FileTree(Self.files)
        try tree.write([
            "/sys/fs/cgroup/app/cpu.max": "50000 100000\n",
            "/sys/fs/cgroup/app/cpu.stat": "usage_usec 1000000\n",
            "/sys/fs/cgroup/app/memory.max": "536870912\n",
            "/sys/fs/cgroup/app/memory.current": "268435456\n",
        ])
        var machine = LinuxMachine(root: tree.root)
        let reading = machine.read()
        #expect(reading.cpuCores == 0.5)
        #expect(reading.cpu == .limited(by: "/sys/fs/cgroup/app", used: .seconds(1)))
        #expect(reading.memoryLimit == 536_870_912)
        #expect(reading.memoryUsed == 268_435_456)
    }

    @Test("Limits of version 1 are noted and not looked at")
    func oldLimits() throws {
        let tree = try FileTree(Self.files)
        try tree.write(["/proc/self/cgroup": "4:memory:/docker/1\n0::/\n"])
        var machine = LinuxMachine(root: tree.root)
        #expect(machine.notes.count == 1)
        #expect(machine.read().cpuCores == 2)
    }

    @Test("A machine that tells nothing leaves the process alone, and nothing of it but its CPU time")
    func nothing() throws {
        let tree = try FileTree()
        var machine = LinuxMachine(root: tree.root)
        let reading = machine.read()
        #expect(reading.process.cpuTime != nil)
        var expected = SystemReading()
        expected.time = reading.time
        expected.process.cpuTime = reading.process.cpuTime
        #expect(reading == expected)
        // Without the number of cores its share of them is not known either.
        #expect(machine.read().samples(since: reading).isEmpty)
    }

    @Test("Any one file missing takes away what it tells and nothing else")
    func eachFileMissing() throws {
        let whole = try FileTree(Self.files)
        var complete = LinuxMachine(root: whole.root)
        let expected = complete.read()
        for missing in Self.files.keys where missing.hasPrefix("/proc") {
            let tree = try FileTree(Self.files)
            try tree.remove(missing)
            var machine = LinuxMachine(root: tree.root)
            let reading = machine.read()
            #expect((reading.cpu == expected.cpu) == (missing != "/proc/stat"), "\(missing)")
            #expect((reading.memoryUsed == expected.memoryUsed) == (missing != "/proc/meminfo"), "\(missing)")
            #expect((reading.disks == expected.disks) == (missing != "/proc/diskstats"), "\(missing)")
            #expect((reading.networks == expected.networks) == (missing != "/proc/net/dev"), "\(missing)")
            #expect((reading.process.disk == nil) == (missing == "/proc/self/io"), "\(missing)")
        }
    }

    @Test("A file longer than any that is looked for tells nothing, one of some hundred kilobytes does")
    func longFiles() throws {
        let tree = try FileTree([
            "/long": String(repeating: "1", count: 2 << 20),
            "/proc/stat": Captured.stat + String(repeating: "intr 0 0 0 0\n", count: 30_000),
        ])
        let files = tree.files
        #expect(files.read(files.place("/long")) { $0.bytes.count } == nil)
        #expect(files.read(files.place("/proc/stat"), ProcFiles.stat)?.cpus == 2)
        #expect(files.read(files.place("/proc")) { $0.bytes.count } == nil)
    }
}
