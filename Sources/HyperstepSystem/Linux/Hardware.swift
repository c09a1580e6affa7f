/// Which of the names in `/proc` are hardware, and where its temperature is told.
///
/// A byte that goes to a file on an encrypted volume on a partition of a disk is counted four times in
/// `/proc/diskstats`; only the disk has a device underneath. So it is with bridges, bonds and VLANs.
struct Hardware {
    /// More names than a machine has; beyond, they are looked up again.
    private static let maximumNames = 4_096
    /// More processors than a machine has.
    private static let maximumSensors = 64
    /// Drivers whose first temperature is that of a processor as a whole.
    private static let processorSensors: Set = ["coretemp", "k10temp", "zenpower", "cpu_thermal"]

    private let files: KernelFiles
    private var disks: [String: Bool] = [:]
    private var interfaces: [String: Bool] = [:]
    private let sensors: [KernelFiles.Place]

    init(_ files: KernelFiles) {
        self.files = files
        let directory = files.place("/sys/class/hwmon")
        let found = files.names(in: directory).map { directory.appending($0) }.filter { sensor in
            let name = files.read(sensor.appending("name")) { text -> String? in
                var text = text
                return text.line()?.string
            }
            return Self.processorSensors.contains(name ?? "")
        }
        sensors = found.prefix(Self.maximumSensors).map { $0.appending("temp1_input") }
    }

    /// Whole, physical disks.
    mutating func disks(of all: [(name: String, bytes: Transfer)]) -> [String: Transfer] {
        Self.remember(all.map(\.name), in: &disks) { name in
            // A name such as cciss/c0d0 has its slash replaced there.
            let directory = String(name.map { $0 == "/" ? "!" : $0 })
            return files.exists(files.place("/sys/block/\(directory)/device"))
        }
        return Self.dictionary(all.filter { disks[$0.name] == true })
    }

    /// Interfaces with hardware underneath; where there are none, as in a container, all but loopback.
    mutating func interfaces(of all: [(name: String, bytes: Transfer)]) -> [String: Transfer] {
        Self.remember(all.map(\.name), in: &interfaces) { name in
            files.exists(files.place("/sys/class/net/\(name)/device"))
        }
        let physical = all.filter { interfaces[$0.name] == true }
        return Self.dictionary(physical.isEmpty ? all.filter { $0.name != "lo" } : physical)
    }

    /// The hottest processor's, in degrees Celsius.
    func temperature() -> Double? {
        sensors.compactMap { files.read($0, ProcFiles.number) }.max().map { Double($0) / 1_000 }
    }

    private static func remember(
        _ names: [String], in known: inout [String: Bool], _ isHardware: (String) -> Bool
    ) {
        if known.count > maximumNames { known = [:] }
        for name in names where known[name] == nil { known[name] = isHardware(name) }
    }

    private static func dictionary(_ pairs: [(name: String, bytes: Transfer)]) -> [String: Transfer] {
        Dictionary(pairs.map { ($0.name, $0.bytes) }) { first, _ in first }
    }
}
