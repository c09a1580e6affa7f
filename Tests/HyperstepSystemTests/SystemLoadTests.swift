import Testing

@testable import HyperstepSystem

@Suite("The newest load of a machine")
struct SystemLoadTests {
    private static func sample(_ device: String, _ utilization: Double?, _ memory: (UInt64, UInt64)? = nil)
        -> SystemSample
    {
        var sample = SystemSample(device: device)
        sample.utilization = utilization
        sample.memoryUsedBytes = memory?.0
        sample.memoryLimitBytes = memory?.1
        return sample
    }

    @Test("It is that of the machine, not of the process, and the mean of the GPUs that tell")
    func load() {
        let load = SystemLoad(of: [
            Self.sample("cpu", 40, (3 << 30, 4 << 30)), Self.sample("process", 5, (1 << 30, 2 << 30)),
            Self.sample("gpu0", 90, (1, 2)), Self.sample("gpu1", nil), Self.sample("gpu2", 30),
        ])
        #expect(load.cpu == 40 && load.memory == 75 && load.gpu == 60)
    }

    @Test("What no sample tells is absent, not zero")
    func absent() {
        let nothing = SystemLoad(of: [])
        #expect(nothing.cpu == nil && nothing.memory == nil && nothing.gpu == nil)
        let partly = SystemLoad(of: [
            Self.sample("cpu", nil, (1, 0)), Self.sample("process", 5), Self.sample("gpu0", nil),
        ])
        #expect(partly == nothing)
    }

    @Test("A GPU's comes from its driver", .enabled(if: FakeNVML.compiler != nil, "there is no C compiler"))
    func gpus() throws {
        let folder = try FileTree()
        let gpus = NVIDIAGPUs(library: try FakeNVML.build([], in: folder))
        let sampler = SystemSampler(machine: LinuxMachine(root: folder.root), gpus: gpus)
        let load = SystemLoad(of: sampler.sample())
        #expect(load.gpu == 97 && load.cpu == nil && load.memory == nil)
    }

    @Test("It is forgotten where no newer one comes for two intervals and a second")
    func stale() {
        let newest = NewestLoad(every: .seconds(15))
        let now = ContinuousClock.now
        #expect(newest.load(at: now) == nil)
        newest.note([Self.sample("cpu", 1)], at: now)
        newest.note([Self.sample("cpu", 2)], at: now + .seconds(15))
        #expect(newest.load(at: now + .seconds(45))?.cpu == 2)
        #expect(newest.load(at: now + .seconds(46)) == nil)
    }
}
