#if ServiceLifecycle && SwiftMetrics
    import CoreMetrics
    import Hyperstep
    import HyperstepLifecycle
    import HyperstepMetrics
    import HyperstepTestKit
    import ServiceLifecycle
    import TestLogs
    import Testing

    @Suite("A server's group of services", .serialized, .timeLimit(.minutes(20)))
    struct GroupTests {
        /// Records while it runs, and once more when it has to end.
        private struct Server: Service {
            let run: Run
            let monitor: InferenceMonitor
            let begun: AsyncStream<Void>.Continuation

            func run() async throws {
                serve()
                begun.finish()
                try await gracefulShutdown()
                serve()
            }

            private func serve() {
                Counter(label: "requests").increment()
                monitor.record(latency: .milliseconds(1))
                run.step(loss: 1)
            }
        }

        /// In a process of its own: it ends the monitors of other tests as well, and bootstraps.
        @Test(
            "A run, monitors and metrics end after the services that record, and the log says what became of them"
        )
        func group() async throws {
            await #expect(processExitsWith: .success) {
                try await withTestCollector { collector in
                    let lines = LoggedLines()
                    let metrics = try HyperstepMetricsFactory.start(
                        service: "s", settings: collector.settings, logger: lines.logger)
                    MetricsSystem.bootstrap(metrics)
                    let run = try Run.start(
                        project: "p", name: "n", model: "m", settings: collector.settings)
                    let (begins, begun) = AsyncStream<Void>.makeStream()
                    let server = Server(
                        run: run,
                        monitor: try InferenceMonitor.start(
                            model: "m", endpoint: "/predict", settings: collector.settings),
                        begun: begun)
                    let service = HyperstepService(
                        run, metrics: metrics, timeout: .seconds(600), logger: lines.logger)
                    let group = ServiceGroup(services: [service, server], logger: lines.logger)
                    async let running: Void = group.run()
                    for await _ in begins {}
                    await group.triggerGracefulShutdown()
                    try await running

                    #expect(collector[run]?.steps.count == 2)
                    #expect(collector[run]?.status == .killed("the service was shut down"))
                    #expect(collector.windows.reduce(0) { $0 + $1.requests } == 2)
                    #expect(collector.series("requests")?.sum == 2)
                    let ends = lines.all.filter { $0.contains("ended: ") }
                    #expect(ends.count == 3)
                    for what in ["the run has", "the monitors have", "the metrics have"] {
                        #expect(
                            ends.contains {
                                $0.hasPrefix("info: \(what) ended: ") && $0.contains(" committed")
                            })
                    }
                }
            }
        }

        @Test(
            "Metrics alone are ended as well where the group is cancelled; of what is not there nothing is said"
        )
        func cancelled() async throws {
            try await withTestCollector { collector in
                let lines = LoggedLines()
                let metrics = try HyperstepMetricsFactory.start(
                    service: "s", settings: collector.settings, logger: lines.logger)
                let service = HyperstepService(
                    metrics: metrics, timeout: .seconds(600), endsMonitors: false, logger: lines.logger)
                let task = Task { try await service.run() }
                Counter(label: "requests", factory: metrics).increment()
                task.cancel()
                try await task.value
                #expect(collector.series("requests")?.sum == 1)
                #expect(lines.all.filter { $0.contains("ended: ") }.count == 1)
            }
        }
    }
#endif
