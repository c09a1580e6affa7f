import Hyperstep
import HyperstepTestKit
import Logging
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("A test's collector and the environment")
struct EnvironmentTests {
    // In a process of its own: this one's environment is that of all tests.
    @Test("Whatever the environment says, a test records what its code does")
    func ignored() async {
        await #expect(processExitsWith: .success) {
            for (variable, value) in [
                "HYPERSTEP_ENDPOINT": "nonsense", "HYPERSTEP_TOKEN": "two words",
                "HYPERSTEP_MODE": "disabled",
                "HYPERSTEP_DIR": "/nowhere", "HYPERSTEP_RANK": "3", "HYPERSTEP_SYSTEM_INTERVAL": "nonsense",
                "LOCAL_RANK": "1", "OTEL_SDK_DISABLED": "true", "OTEL_SERVICE_NAME": "ci",
                "OTEL_RESOURCE_ATTRIBUTES": "host.name=ci",
            ] { setenv(variable, value, 1) }
            // What the environment is to others.
            #expect(throws: StartError.self) { try Settings().validate() }
            let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            try await withTestCollector { collector in
                #expect(collector.settings.token == nil)
                var settings = collector.settings
                settings.systemInterval = .milliseconds(100)
                try settings.validate()
                let run = try Run.start(
                    project: "p", name: "n", model: "m", parameters: ["rate": 1.0], settings: settings,
                    logger: quiet)
                let monitor = try InferenceMonitor.start(
                    model: "m", endpoint: "/e", settings: settings, logger: quiet)
                monitor.record(latency: .milliseconds(1))
                run.step(loss: 1)
                // A run has its first samples when it begins: LOCAL_RANK does not leave out the machine.
                while !collector.samples.contains(where: { $0.device == "cpu" }) {
                    try await Task.sleep(for: .milliseconds(10))
                }
                #expect(await run.finish(timeout: .seconds(60)).committed == 1)
                await collector.finishMonitors()
                let recorded = try #require(collector[run])
                #expect(recorded.parameters == ["rate": .double(1)])
                #expect(recorded.steps.map(\.rank) == [0] && run.rank == 0)
                #expect(collector.windows.map(\.requests) == [1])
            }
        }
    }
}
