import TestRandom
import Testing

@testable import HyperstepSystem

@Suite struct ProcFilesTests {
    @Test("A machine's ticks are idle while idle or waiting for disks, and busy else")
    func stat() throws {
        let stat = try #require(ProcFiles.stat(text(Captured.stat)))
        #expect(stat.total == 2_889_594 + 35_275 + 675_908 + 1_405_162 + 29_363 + 24_487 + 10_021)
        #expect(stat.busy == stat.total - 1_405_162 - 29_363)
        #expect(stat.cpus == 2)
    }

    @Test("Ticks of an old kernel with four columns are understood, and nonsense is not")
    func oddStat() {
        #expect(ProcFiles.stat(text("cpu 1 2 3 4\ncpu0 1 2 3 4\n")).map { [$0.busy, $0.total] } == [6, 10])
        #expect(ProcFiles.stat(text("cpu 1 2 3\ncpu0 1 2 3\n")) == nil)
        #expect(ProcFiles.stat(text("cpu 1 2 3 4\n")) == nil)
        #expect(ProcFiles.stat(text("cpus 1 2 3 4\ncpu0 1\n")) == nil)
        #expect(ProcFiles.stat(text("cpu \(UInt64.max) 2 3 4\ncpu0 1 2 3 4\n")) == nil)
    }

    @Test("Memory used is what is not available")
    func meminfo() throws {
        let memory = try #require(ProcFiles.meminfo(text(Captured.meminfo)))
        #expect(memory.total == 24_684_084 * 1_024)
        #expect(memory.used == (24_684_084 - 23_465_100) * 1_024)
        #expect(ProcFiles.meminfo(text("MemTotal: 10 kB\nMemFree: 5 kB\n")) == nil)
        #expect(ProcFiles.meminfo(text("MemTotal: 10 kB\nMemAvailable: 11 kB\n")) == nil)
    }

    @Test("A process tells its resident pages and what it moved to and from disks")
    func process() {
        #expect(ProcFiles.statm(text(Captured.statm)) == 434)
        #expect(ProcFiles.statm(text("765\n")) == nil)
        #expect(ProcFiles.io(text(Captured.io)) == Transfer(incoming: 81_920, outgoing: 4_096))
        #expect(ProcFiles.io(text("rchar: 7298\n")) == nil)
    }

    @Test("Interfaces are read with and without a space behind their colon")
    func netDev() {
        let interfaces = ProcFiles.netDev(text(Captured.netDev))
        #expect(interfaces.map(\.name) == ["lo", "eth0", "enp1s0", "veth9ab1c2d"])
        #expect(interfaces[1].bytes == Transfer(incoming: 849_731_980, outgoing: 1_563_327))
        #expect(interfaces[2].bytes == Transfer(incoming: 1_234, outgoing: 4_321))
    }

    @Test("Block devices are read in bytes, with or without the columns of newer kernels")
    func diskstats() {
        let disks = ProcFiles.diskstats(text(Captured.diskstats))
        #expect(
            disks.map(\.name) == ["loop0", "nvme0n1", "nvme0n1p1", "dm-0", "md127", "zram0", "sda"])
        #expect(disks[1].bytes == Transfer(incoming: 512_000, outgoing: 1_024_000))
        #expect(disks[6].bytes == Transfer(incoming: 50 * 512, outgoing: 70 * 512))
    }

    @Test("Numbers that do not fit, have signs or other letters are none")
    func numbers() {
        #expect(text("18446744073709551615").number == .max)
        for bad in ["18446744073709551616", "-1", "+1", "1.5", "0x10", "", "１", "99999999999999999999999"] {
            #expect(text(bad).number == nil, "\(bad)")
        }
    }

    @Test("Whatever the bytes are, nothing traps, and what is read makes sense")
    func garbage() {
        var generator = Seeded(20_261_123)
        for round in 0..<20_000 {
            let bytes = Self.damaged(round, using: &generator)
            let text = KernelText(bytes[...])
            if let stat = ProcFiles.stat(text) { #expect(stat.busy <= stat.total && stat.cpus > 0) }
            if let memory = ProcFiles.meminfo(text) { #expect(memory.used <= memory.total) }
            _ = ProcFiles.statm(text)
            _ = ProcFiles.io(text)
            _ = ProcFiles.netDev(text)
            _ = ProcFiles.diskstats(text)
            _ = ProcFiles.number(text)
            if let cores = CgroupFiles.cpuMax(text) { #expect(cores > 0 && cores.isFinite) }
            if let used = CgroupFiles.cpuUsed(text) { #expect(used >= .zero) }
            let group = CgroupMembership(text).group ?? "/a/b"
            for mount in CgroupMount.all(text) {
                #expect(mount.path(of: group).hasPrefix(mount.point))
            }
        }
    }

    /// Bytes at random, or what a real machine printed with some of it cut, changed or doubled.
    private static func damaged(_ round: Int, using generator: inout Seeded) -> [UInt8] {
        guard round % 4 != 0 else {
            return (0..<Int.random(in: 0...200, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
        }
        var bytes = Array(Captured.all.randomElement(using: &generator)?.utf8 ?? "".utf8)
        for _ in 0...Int.random(in: 0...6, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0...3, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.removeSubrange(place...)
            case 2: bytes.remove(at: place)
            default: bytes.insert(contentsOf: bytes[place...].prefix(40), at: place)
            }
        }
        return bytes
    }
}
