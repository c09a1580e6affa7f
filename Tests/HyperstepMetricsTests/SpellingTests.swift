#if SwiftMetrics
    import CoreMetrics
    import Hyperstep
    import HyperstepMetrics
    import HyperstepTestKit
    import Testing

    @Suite("Metrics that are asked for anew each time", .timeLimit(.minutes(20)))
    struct SpellingTests {
        /// More than are remembered, all of one series: values are cut to the same.
        private static func spellings(_ capacity: Int) -> [[(String, String)]] {
            let long = String(repeating: "v", count: 300)
            return (0..<5 * capacity).map { [("key", long + "\($0)"), ("other", "o")] }
        }

        @Test(
            "However it is spelled a metric is one handler, also where more spellings came than are remembered"
        )
        func many() async throws {
            try await withTestCollector { collector in
                var settings = collector.settings
                settings.seriesCapacity = 1
                let metrics = try HyperstepMetricsFactory.start(service: "s", settings: settings)
                let spellings = Self.spellings(1)
                let first = metrics.makeTimer(label: "t", dimensions: spellings[0])
                for _ in 0..<3 {
                    for dimensions in spellings + spellings.map({ $0.reversed() }) {
                        let timer = metrics.makeTimer(label: "t", dimensions: dimensions)
                        #expect(timer === first)
                        timer.recordNanoseconds(1)
                    }
                }
                await metrics.shutdown(timeout: .seconds(60))
                #expect(collector.series.map(\.count) == [30])
            }
        }

        @Test("A metric that was destroyed is another one by each of its spellings")
        func destroyed() async throws {
            try await withTestCollector { collector in
                let metrics = try HyperstepMetricsFactory.start(service: "s", settings: collector.settings)
                let spellings = Self.spellings(2)
                func counters() -> [any CounterHandler] {
                    spellings.map { metrics.makeCounter(label: "c", dimensions: $0) }
                }
                let before = counters()
                metrics.destroyCounter(before[3])
                let after = counters()
                #expect(after.allSatisfy { $0 === after[0] && $0 !== before[0] })
                before[0].increment(by: 1 as Int64)
                after[0].increment(by: 2 as Int64)
                await metrics.shutdown(timeout: .seconds(60))
                #expect(collector.series("c")?.sum == nil && collector.series.map(\.sum) == [3])
            }
        }
    }
#endif
