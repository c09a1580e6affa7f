#if SwiftMetrics
    import CoreMetrics
    import Dispatch
    import HyperstepTestKit
    import NIOConcurrencyHelpers
    import Testing

    @testable import HyperstepMetrics

    @Suite("Metrics from many threads", .serialized, .timeLimit(.minutes(5)))
    struct ConcurrencyTests {
        @Test("What threads record while windows are taken adds up, exactly", arguments: [2, 8])
        func sums(threads: Int) async throws {
            try await withTestCollector { collector in
                let metrics = try HyperstepMetricsFactory.start(service: "s", settings: collector.settings)
                let turns = 20_000
                await withCheckedContinuation { continuation in
                    DispatchQueue.global().async {
                        DispatchQueue.concurrentPerform(iterations: threads) { thread in
                            let counter = Counter(label: "counter", factory: metrics)
                            let timer = CoreMetrics.Timer(label: "timer", factory: metrics)
                            let recorder = CoreMetrics.Recorder(label: "recorder", factory: metrics)
                            let meter = Meter(label: "meter", factory: metrics)
                            for turn in 0..<turns {
                                counter.increment(by: thread + 1)
                                timer.recordNanoseconds(1 << (turn % 40))
                                recorder.record(Double(turn % 2_000 - 1_000) / 8)
                                meter.increment(by: Double(thread & 1))
                            }
                        }
                        continuation.resume()
                    }
                }
                let report = await metrics.shutdown(timeout: .seconds(60))
                #expect(!report.lacksHistograms && report.spooled == 0)
                let count = threads * turns
                let counter = try #require(collector.series("counter"))
                #expect(counter.count == count)
                #expect(counter.sum == Double(turns * threads * (threads + 1) / 2))
                #expect(counter.last == counter.sum)
                let timer = try #require(collector.series("timer"))
                #expect(timer.count == count && timer.min == 1 && timer.max == Double(1 << 39))
                #expect(timer.sum == Double(count / 40 * ((1 << 40) - 1)))
                let recorder = try #require(collector.series("recorder"))
                #expect(recorder.count == count && recorder.sum == -0.0625 * Double(count))
                #expect(recorder.min == -125 && recorder.max == 999.0 / 8)
                let meter = try #require(collector.series("meter"))
                #expect(meter.last == Double(count / 2))
            }
        }

        @Test("Threads that make one metric at once get one handler")
        func making() async throws {
            try await withTestCollector { collector in
                let metrics = try HyperstepMetricsFactory.start(service: "s", settings: collector.settings)
                let made = NIOLockedValueBox<[[ObjectIdentifier]]>([])
                DispatchQueue.concurrentPerform(iterations: 8) { _ in
                    let mine = (0..<100).map {
                        ObjectIdentifier(metrics.makeTimer(label: "t\($0)", dimensions: []))
                    }
                    made.withLockedValue { $0.append(mine) }
                }
                #expect(Set(made.withLockedValue { $0 }).count == 1)
                await metrics.shutdown(timeout: .seconds(10))
            }
        }
    }
#endif
