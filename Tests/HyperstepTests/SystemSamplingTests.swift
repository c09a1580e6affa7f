import Foundation
import HyperstepSystem
import HyperstepTestKit
import HyperstepWire
import Logging
import Testing

@testable import Hyperstep

@Suite("The machine under a run", .serialized, .timeLimit(.minutes(20)))
struct SystemSamplingTests {
    @Test("While a run lasts its machine and its process are sampled, and not after it")
    func samples() async throws {
        try await withTestCollector { collector in
            var settings = collector.settings
            settings.systemInterval = .milliseconds(100)
            let run = try Run.start(project: "p", name: "n", model: "m", settings: settings)
            while collector.samples.count(where: { $0.device == "cpu" }) < 3 {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(await run.finish(timeout: .seconds(600)).spooled == 0)
            let samples = collector.samples
            #expect(Set(samples.map(\.device)).isSuperset(of: ["cpu", "process"]))
            #expect(samples.allSatisfy { $0.runID == run.id })
            let process = samples.filter { $0.device == "process" }
            #expect(process.allSatisfy { ($0.memoryUsed ?? 0) > 1 << 20 })
            try await Task.sleep(for: .milliseconds(300))
            #expect(collector.samples.count == samples.count)
        }
    }

    @Test("A server's machine is sampled, for no run; while one of its runs lasts the run tells")
    func servers() async throws {
        try await withTestCollector { collector in
            var settings = collector.settings
            settings.systemInterval = .milliseconds(100)
            let registry = MonitorRegistry()
            let logger = Logger(label: "test")
            _ = try registry.monitor(
                model: "m", modelVersion: nil, endpoint: "/", settings: settings, logger: logger)
            while collector.samples.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            #expect(collector.samples.allSatisfy { $0.runID == nil })
            let run = try Run.start(project: "p", name: "n", model: "m", settings: settings)
            func samples() -> (ofRun: Int, ofServer: Int) {
                let all = collector.samples
                return (all.count { $0.runID == run.id }, all.count { $0.runID == nil })
            }
            while samples().ofRun == 0 { try await Task.sleep(for: .milliseconds(5)) }
            let before = samples()
            while samples().ofRun < before.ofRun + 100 { try await Task.sleep(for: .milliseconds(5)) }
            // A sample of each device that was on its way when the run began may follow.
            let devices = Set(collector.samples.map(\.device)).count
            let during = samples()
            #expect(during.ofServer <= before.ofServer + devices)
            await run.finish(timeout: .seconds(600))
            while samples().ofServer <= during.ofServer + devices {
                try await Task.sleep(for: .milliseconds(5))
            }
            _ = await registry.shutdown(timeout: .seconds(600))
        }
    }

    @Test(
        "A process that was given its rank shares the machine with the run's others, for as long as it records"
    )
    func shared() async throws {
        try await withTestCollector { collector in
            var settings = collector.settings
            settings.systemInterval = .milliseconds(100)
            let directory = try settings.resolved(environment: [:]).directory
            func hasFile(_ id: UUID) throws -> Bool {
                let name = id.uuidString.lowercased()
                return try FileManager.default.contentsOfDirectory(atPath: directory)
                    .contains { $0.hasPrefix(name) && $0.hasSuffix(".machine") }
            }
            for rank in [nil, 0, 1] {
                let id = UUID()
                let run = try Run.start(
                    project: "p", name: "n", model: "m", id: id, rank: rank, settings: settings)
                while collector.samples.count(where: { $0.runID == id }) == 0 {
                    try await Task.sleep(for: .milliseconds(5))
                }
                #expect(try hasFile(id) == (rank != nil))
                await run.finish(timeout: .seconds(600))
                #expect(try !hasFile(id))
            }
        }
    }

    @Test("A monitor's window has the load of the machine by its newest sample; without samples it has none")
    func windows() async throws {
        try await withTestCollector { collector in
            let registry = MonitorRegistry()
            let logger = Logger(label: "test")
            var settings = collector.settings
            func record(_ endpoint: String) throws {
                try registry.monitor(
                    model: "m", modelVersion: nil, endpoint: endpoint, settings: settings, logger: logger
                ).record(latency: .milliseconds(1))
            }
            // Two recorders: of what is not sampled nothing is told, whatever others of the process sample.
            try record("/without")
            settings.systemInterval = .milliseconds(100)
            settings.windowInterval = .milliseconds(100)
            while !collector.windows.contains(where: { $0.cpuUsage != nil }) {
                try record("/with")
                try await Task.sleep(for: .milliseconds(5))
            }
            _ = await registry.shutdown(timeout: .seconds(600))
            let windows = collector.windows
            #expect(windows.contains { $0.endpoint == "/without" })
            for window in windows where window.endpoint == "/without" {
                #expect(window.cpuUsage == nil && window.memoryUsage == nil && window.gpuUtilization == nil)
            }
            let window = try #require(windows.first { $0.cpuUsage != nil })
            #expect(try #require(window.cpuUsage) >= 0)
            let memory = try #require(window.memoryUsage)
            #expect(memory > 0 && memory <= 100)
        }
    }

    @Test("Switched off, nothing is sampled")
    func off() async throws {
        try await withTestCollector { collector in
            let run = try Run.start(project: "p", name: "n", model: "m", settings: collector.settings)
            #expect(run.system == nil)
            await run.finish(timeout: .seconds(600))
            #expect(collector.samples.isEmpty)
        }
    }

    @Test(
        "Of the processes of one machine the first tells about the machine, each about itself",
        arguments: [
            (["LOCAL_RANK": "0"], SystemPart.machine), (["LOCAL_RANK": "3"], .process),
            (["SLURM_LOCALID": "1"], .process), (["OMPI_COMM_WORLD_LOCAL_RANK": "2"], .process),
            (["LOCAL_RANK": "first"], .machine),
            (["LOCAL_RANK": "", "SLURM_LOCALID": "1"], .process),
        ])
    func ranks(environment: [String: String], part: SystemPart) {
        #expect(SystemPart(environment: environment) == part)
        #expect(SystemPart(environment: ["RANK": "2"]) == nil)
        #expect(SystemPart(environment: ["LOCAL_RANK": ""]) == nil)
        #expect(part.contains(SystemSample(device: "process")))
        #expect(part.contains(SystemSample(device: "gpu0")) == (part == .machine))
    }
}
