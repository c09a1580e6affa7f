/// What stands in the files of `/proc`, each as a function of its text.
enum ProcFiles {
    /// `/proc/stat`: ticks in which the machine's CPUs did something, of all, and how many CPUs there are.
    static func stat(_ text: KernelText) -> (busy: UInt64, total: UInt64, cpus: Int)? {
        var text = text
        guard var all = text.line(), let name = all.field(), name == "cpu" else { return nil }
        // user, nice, system, idle, iowait, irq, softirq, steal. What follows is part of user and nice.
        var ticks: [UInt64] = []
        while ticks.count < 8, let number = all.numberField() { ticks.append(number) }
        guard ticks.count >= 4 else { return nil }
        var total: UInt64 = 0
        for number in ticks {
            let (sum, overflow) = total.addingReportingOverflow(number)
            guard !overflow else { return nil }
            total = sum
        }
        let idle = ticks[3] + (ticks.count > 4 ? ticks[4] : 0)
        var cpus = 0
        while let line = text.line(), line.hasPrefix("cpu") { cpus += 1 }
        return cpus > 0 ? (total - idle, total, cpus) : nil
    }

    /// `/proc/meminfo`: bytes that the machine has, and those of them that cannot be had without taking them from
    /// somebody.
    static func meminfo(_ text: KernelText) -> (used: UInt64, total: UInt64)? {
        guard let total = kibibytes("MemTotal:", text), let available = kibibytes("MemAvailable:", text)
        else { return nil }
        return total >= available && total > 0 ? (total - available, total) : nil
    }

    private static func kibibytes(_ key: String, _ text: KernelText) -> UInt64? {
        guard let number = value(of: key, in: text) else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: 1_024)
        return overflow ? nil : bytes
    }

    /// `/proc/self/statm`: resident pages.
    static func statm(_ text: KernelText) -> UInt64? {
        var text = text
        guard text.skipFields(1) != nil else { return nil }
        return text.line().flatMap { line in
            var line = line
            return line.numberField()
        }
    }

    /// `/proc/self/io`: what the process caused to be read from and written to disks.
    static func io(_ text: KernelText) -> Transfer? {
        guard let read = value(of: "read_bytes:", in: text), let written = value(of: "write_bytes:", in: text)
        else { return nil }
        return Transfer(incoming: read, outgoing: written)
    }

    /// `/proc/net/dev`: bytes through each interface, loopback included.
    static func netDev(_ text: KernelText) -> [(name: String, bytes: Transfer)] {
        var text = text
        var interfaces: [(String, Transfer)] = []
        while let line = text.line() {
            guard let colon = line.bytes.lastIndex(of: UInt8(ascii: ":")) else { continue }
            var name = KernelText(line.bytes[..<colon])
            var numbers = KernelText(line.bytes[(colon + 1)...])
            guard let name = name.field(), let received = numbers.numberField(),
                numbers.skipFields(7) != nil, let sent = numbers.numberField()
            else { continue }
            interfaces.append((name.string, Transfer(incoming: received, outgoing: sent)))
        }
        return interfaces
    }

    /// `/proc/diskstats`: bytes through each block device, those included that are parts of others or made of them.
    static func diskstats(_ text: KernelText) -> [(name: String, bytes: Transfer)] {
        var text = text
        var disks: [(String, Transfer)] = []
        while var line = text.line() {
            // major, minor, name; reads, merged, sectors, ms; writes, merged, sectors
            guard line.skipFields(2) != nil, let name = line.field(),
                line.skipFields(2) != nil, let read = bytes(sectors: line.numberField()),
                line.skipFields(3) != nil, let written = bytes(sectors: line.numberField())
            else { continue }
            disks.append((name.string, Transfer(incoming: read, outgoing: written)))
        }
        return disks
    }

    /// The kernel counts sectors of 512 bytes, whatever those of the disk are.
    private static func bytes(sectors: UInt64?) -> UInt64? {
        guard let (bytes, overflow) = sectors?.multipliedReportingOverflow(by: 512), !overflow else {
            return nil
        }
        return bytes
    }

    /// The number that follows a key at the beginning of a line.
    static func value(of key: String, in text: KernelText) -> UInt64? {
        var text = text
        while var line = text.line() {
            if let field = line.field(), field == key { return line.numberField() }
        }
        return nil
    }

    /// The number that is all of the file.
    static func number(_ text: KernelText) -> UInt64? {
        var text = text
        var line = text.line()
        return line?.numberField()
    }
}
