/// The cgroup (v2) of this process, and those around it: any of them may limit what it gets.
struct ControlGroup {
    /// Deeper than any real tree; the outermost of more are not looked at.
    private static let maximumLevels = 32

    private struct Level {
        let name: String
        let cpuMax, cpuStat, memoryMax, memoryCurrent, memoryStat: KernelFiles.Place

        init(name: String, _ directory: KernelFiles.Place) {
            self.name = name
            cpuMax = directory.appending("cpu.max")
            cpuStat = directory.appending("cpu.stat")
            memoryMax = directory.appending("memory.max")
            memoryCurrent = directory.appending("memory.current")
            memoryStat = directory.appending("memory.stat")
        }
    }

    /// From the process' own group outwards.
    private let levels: [Level]

    /// The groups of `membership` as far as `mount` shows them.
    init?(_ membership: CgroupMembership, mounts: [CgroupMount], _ files: KernelFiles) {
        guard let group = membership.group,
            let mount = mounts.first(where: { $0.shows(group) }) ?? mounts.first
        else { return nil }
        var path = mount.path(of: group)
        var levels = [Level(name: path, files.place(path))]
        while path != mount.point, levels.count < Self.maximumLevels, let slash = path.lastIndex(of: "/") {
            path = String(path[..<slash])
            levels.append(Level(name: path, files.place(path)))
        }
        self.levels = levels
    }

    /// The tightest CPU limit below `cores`, and what its group has used.
    func cpu(below cores: Double, _ files: KernelFiles) -> (cores: Double, counter: CPUCounter?)? {
        var tightest: (level: Level, cores: Double)?
        for level in levels {
            guard let limit = files.read(level.cpuMax, CgroupFiles.cpuMax), limit < tightest?.cores ?? cores
            else { continue }
            tightest = (level, limit)
        }
        guard let tightest else { return nil }
        let used = files.read(tightest.level.cpuStat, CgroupFiles.cpuUsed)
        return (tightest.cores, used.map { .limited(by: tightest.level.name, used: $0) })
    }

    /// The tightest memory limit below `bytes`, and what its group uses of it.
    func memory(below bytes: UInt64, _ files: KernelFiles) -> (limit: UInt64, used: UInt64?)? {
        var tightest: (level: Level, limit: UInt64)?
        for level in levels {
            guard let limit = files.read(level.memoryMax, ProcFiles.number), limit < tightest?.limit ?? bytes
            else { continue }
            tightest = (level, limit)
        }
        guard let tightest else { return nil }
        let current = files.read(tightest.level.memoryCurrent, ProcFiles.number)
        let inactive = files.read(tightest.level.memoryStat) { ProcFiles.value(of: "inactive_file", in: $0) }
        // Pages of files that nobody looked at lately are let go before the limit hurts.
        let used = current.map { $0 > inactive ?? 0 ? $0 - (inactive ?? 0) : 0 }
        return (tightest.limit, used)
    }
}

/// What stands in the files of a cgroup, each as a function of its text.
enum CgroupFiles {
    /// `cpu.max`, as `200000 100000`: in cores; nil without a limit.
    static func cpuMax(_ text: KernelText) -> Double? {
        var text = text
        guard var line = text.line(), let quota = line.numberField(), let period = line.numberField(),
            quota > 0, period > 0
        else { return nil }
        return Double(quota) / Double(period)
    }

    /// `cpu.stat`: CPU time used.
    static func cpuUsed(_ text: KernelText) -> Duration? {
        ProcFiles.value(of: "usage_usec", in: text).flatMap(Int64.init(exactly:)).map { .microseconds($0) }
    }
}
