import Testing

@testable import HyperstepSystem

@Suite struct ControlGroupTests {
    @Test("A process' group of version 2 is found beside those of version 1")
    func membership() {
        #expect(CgroupMembership(text("0::/user.slice/app.scope\n")).group == "/user.slice/app.scope")
        let hybrid = CgroupMembership(text("4:memory:/docker/f9f7\n3:cpuset:/\n1:cpu,cpuacct:/\n0::/\n"))
        #expect(hybrid.group == "/")
        #expect(hybrid.hasOldLimits)
        let unlimited = CgroupMembership(text("4:memory:/\n3:pids:/docker/f9f7\n1:name=systemd:/x\n"))
        #expect(unlimited == CgroupMembership(text("")))
        #expect(CgroupMembership(text("0::/a:b\n")).group == "/a:b")
    }

    @Test("The mount of cgroups is found behind any number of optional fields, its path unescaped")
    func mounts() {
        #expect(CgroupMount.all(text(Captured.mountinfo)) == [.init(root: "/", point: "/sys/fs/cgroup")])
        let line = #"9 8 0:30 /a\040b /x\134y rw - cgroup2 none rw"#
        #expect(CgroupMount.all(text(line)) == [.init(root: "/a b", point: #"/x\y"#)])
        #expect(CgroupMount.all(text("9 8 0:30 / /sys/fs/cgroup rw\n")).isEmpty)
    }

    @Test("A group's files are under the mount, also where the mount begins at a group of its own")
    func paths() {
        let whole = CgroupMount(root: "/", point: "/cg")
        #expect(whole.path(of: "/") == "/cg")
        #expect(whole.path(of: "/a/b") == "/cg/a/b")
        #expect(whole.path(of: "/../other") == "/cg")
        let part = CgroupMount(root: "/docker/1", point: "/cg")
        #expect(part.path(of: "/docker/1/x") == "/cg/x")
        #expect(part.path(of: "/docker/1") == "/cg")
        #expect(part.path(of: "/docker/12") == "/cg")
    }

    @Test("A quota is in cores, and max is no limit")
    func quota() {
        #expect(CgroupFiles.cpuMax(text("150000 100000\n")) == 1.5)
        #expect(CgroupFiles.cpuMax(text("max 100000\n")) == nil)
        #expect(CgroupFiles.cpuMax(text("0 100000\n")) == nil)
        #expect(CgroupFiles.cpuMax(text("100000 0\n")) == nil)
        #expect(CgroupFiles.cpuUsed(text("usage_usec 42\nuser_usec 40\n")) == .microseconds(42))
        #expect(CgroupFiles.cpuUsed(text("usage_usec \(UInt64.max)\n")) == nil)
    }

    /// Three levels, of which the middle one has the tighter memory limit and the innermost the tighter quota.
    private func nested() throws -> (FileTree, ControlGroup) {
        let tree = try FileTree([
            "/cg/pod/cpu.max": "400000 100000\n", "/cg/pod/memory.max": "1000000\n",
            "/cg/pod/memory.current": "900000\n",
            "/cg/pod/memory.stat": "anon 5\ninactive_file 200000\nactive_file 9\n",
            "/cg/pod/cpu.stat": "usage_usec 7000000\n",
            "/cg/pod/box/cpu.max": "200000 100000\n", "/cg/pod/box/memory.max": "max\n",
            "/cg/pod/box/cpu.stat": "usage_usec 3000000\n",
        ])
        let membership = CgroupMembership(text("0::/pod/box\n"))
        let mounts = [CgroupMount(root: "/", point: "/cg")]
        return (tree, try #require(ControlGroup(membership, mounts: mounts, tree.files)))
    }

    @Test("The tightest limit on the way up counts, and use is that of the group that has it")
    func tightest() throws {
        let (tree, group) = try nested()
        let cpu = try #require(group.cpu(below: 8, tree.files))
        #expect(cpu.cores == 2)
        #expect(cpu.counter == .limited(by: "/cg/pod/box", used: .seconds(3)))
        let memory = try #require(group.memory(below: 1 << 40, tree.files))
        #expect(memory.limit == 1_000_000)
        #expect(memory.used == 700_000)
    }

    @Test("Limits are looked at anew each time, since they may be changed under a running process")
    func changedLimit() throws {
        let (tree, group) = try nested()
        try tree.write(["/cg/pod/cpu.max": "50000 100000\n", "/cg/pod/box/memory.max": "500\n"])
        let cpu = group.cpu(below: 8, tree.files)
        #expect(cpu?.cores == 0.5)
        #expect(cpu?.counter == .limited(by: "/cg/pod", used: .seconds(7)))
        #expect(group.memory(below: 1 << 40, tree.files)?.limit == 500)
    }

    @Test("A limit above what the machine has is none")
    func wideLimit() throws {
        let (tree, group) = try nested()
        #expect(group.cpu(below: 2, tree.files) == nil)
        #expect(group.memory(below: 1_000_000, tree.files) == nil)
    }

    @Test("Use that a group does not tell is not known, though its limit is")
    func untoldUse() throws {
        let (tree, group) = try nested()
        try tree.remove("/cg/pod/memory.current")
        try tree.remove("/cg/pod/box/cpu.stat")
        let memory = group.memory(below: 1 << 40, tree.files)
        #expect(memory?.limit == 1_000_000)
        #expect(memory?.used == nil)
        let cpu = group.cpu(below: 8, tree.files)
        #expect(cpu?.cores == 2)
        #expect(cpu?.counter == nil)
    }

    @Test("More pages of files than the group has in all leave nothing in use")
    func inconsistentUse() throws {
        let (tree, group) = try nested()
        try tree.write(["/cg/pod/memory.current": "100\n"])
        #expect(group.memory(below: 1 << 40, tree.files)?.used == 0)
    }
}
