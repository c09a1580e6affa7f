import Foundation
import Testing

@testable import HyperstepSystem

@Suite struct SystemSamplerTests {
    private struct TwoGPUs: GPUs {
        var descriptions: [GPUDescription] { [] }
        var notes: [String] { ["a note"] }
        func samples() -> [SystemSample] {
            var first = SystemSample(device: "gpu0")
            first.utilization = 0
            return [first, SystemSample(device: "gpu1")]
        }
    }

    @Test("A device that does nothing is there with a zero, one that tells nothing is not there")
    func absentDevices() throws {
        let tree = try FileTree()
        let sampler = SystemSampler(machine: LinuxMachine(root: tree.root), gpus: TwoGPUs())
        let samples = sampler.sample()
        #expect(samples.map(\.device) == ["gpu0"])
        #expect(samples.first?.utilization == 0)
        #expect(sampler.notes == ["a note"])
    }

    @Test("This machine gives numbers that can be")
    func thisMachine() throws {
        let sampler = SystemSampler()
        var sum = 0.0
        let end = ContinuousClock.now + .milliseconds(100)
        while ContinuousClock.now < end { sum += sin(sum) + 1 }
        let samples = sampler.sample()
        let cpu = try #require(samples.first { $0.device == "cpu" })
        let process = try #require(samples.first { $0.device == "process" })
        // Of a limited group it may be more than 100 for a moment.
        #expect(try #require(cpu.utilization) >= 0)
        #expect(try #require(cpu.cpuLimitCores) > 0)
        #expect(try #require(cpu.memoryUsedBytes) <= (try #require(cpu.memoryLimitBytes)))
        #expect(try #require(process.utilization) > 0, "it computed \(sum)")
        #expect(try #require(process.memoryUsedBytes) > 1 << 20)
    }

    @Test("No file stays open after a sample")
    func filesClosed() throws {
        let tree = try FileTree(["/proc/stat": Captured.stat, "/proc/diskstats": Captured.diskstats])
        let sampler = SystemSampler(machine: LinuxMachine(root: tree.root), gpus: NoGPUs())
        for _ in 0..<100 { _ = sampler.sample() }
        let directory = "/dev/fd"
        let open = try FileManager.default.contentsOfDirectory(atPath: directory).compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\($0)")
        }
        #expect(!open.contains { $0.hasPrefix(tree.root) })
    }
}
