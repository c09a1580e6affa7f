#if ServiceLifecycle
    import Hyperstep
    import HyperstepLifecycle
    import HyperstepTestKit
    import ServiceLifecycle
    import ServiceLifecycleTestKit
    import Testing

    @Suite("A run and monitors as a service", .serialized, .timeLimit(.minutes(20)))
    struct HyperstepServiceTests {
        @Test("A graceful shutdown ends the run and sends what was recorded")
        func shutsDown() async throws {
            try await withTestCollector { collector in
                let run = try Run.start(project: "p", name: "n", model: "m", settings: collector.settings)
                for _ in 0..<100 { run.step(loss: 1) }
                let service = HyperstepService(run, timeout: .seconds(600), endsMonitors: false)
                try await testGracefulShutdown { trigger in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { try await service.run() }
                        trigger.triggerGracefulShutdown()
                        try await group.waitForAll()
                    }
                }
                let recorded = try #require(collector.runs.first)
                #expect(recorded.steps.count == 100)
                #expect(recorded.status == .killed("the service was shut down"))
            }
        }

        @Test("Cancelled, it sends what was recorded all the same; a run that had ended keeps its outcome")
        func cancelled() async throws {
            try await withTestCollector { collector in
                let run = try Run.start(project: "p", name: "n", model: "m", settings: collector.settings)
                run.step(loss: 1)
                let service = HyperstepService(run, timeout: .seconds(600), endsMonitors: false)
                let task = Task { try await service.run() }
                await run.finish(timeout: .zero)
                task.cancel()
                try await task.value
                let recorded = try #require(collector.runs.first)
                #expect(recorded.steps.count == 1)
                #expect(recorded.status == .finished)
            }
        }
    }
#endif
