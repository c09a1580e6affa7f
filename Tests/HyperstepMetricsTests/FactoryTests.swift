#if SwiftMetrics
    import CoreMetrics
    import Hyperstep
    import HyperstepTestKit
    import Logging
    import TestLogs
    import Testing

    @testable import HyperstepMetrics

    @Suite("Metrics, made and recorded", .timeLimit(.minutes(5)))
    struct FactoryTests {
        @Test("What each kind of metric was given is what the collector has")
        func kinds() async throws {
            try await withTestCollector { collector in
                let metrics = try HyperstepMetricsFactory.start(
                    service: "checkout", settings: collector.settings)
                let counter = Counter(label: "requests", dimensions: [("status", "200")], factory: metrics)
                counter.increment(by: 40)
                counter.increment()
                FloatingPointCounter(label: "energy", factory: metrics).increment(by: 0.25)
                Gauge(label: "temperature", factory: metrics).record(-3.5)
                let meter = Meter(label: "connections", factory: metrics)
                meter.set(10)
                meter.increment(by: 2.5)
                meter.decrement(by: 0.5)
                let timer = CoreMetrics.Timer(label: "latency", factory: metrics)
                for milliseconds in 1...1_000 { timer.recordMilliseconds(milliseconds) }
                let recorder = CoreMetrics.Recorder(label: "sizes", factory: metrics)
                for size in -50...50 { recorder.record(size) }
                recorder.record(0.5)
                let report = await metrics.shutdown(timeout: .seconds(60))
                #expect(report.committed >= 6 && report == MetricsReport(committed: report.committed))

                let requests = try #require(collector.series("requests", ["status": "200"]))
                #expect(requests.kind == .counter && requests.service == "checkout")
                #expect(requests.count == 2 && requests.sum == 41 && requests.last == 41)
                #expect(requests.min == 1 && requests.max == 40)
                let energy = try #require(collector.series("energy"))
                #expect(energy.kind == .counter && energy.sum == 0.25 && energy.last == 0.25)
                let temperature = try #require(collector.series("temperature"))
                #expect(temperature.kind == .gauge && temperature.last == -3.5 && temperature.max == -3.5)
                let connections = try #require(collector.series("connections"))
                #expect(connections.kind == .meter && connections.last == 12 && connections.max == 12.5)
                let latency = try #require(collector.series("latency"))
                #expect(latency.kind == .timer && latency.unit == "ns" && latency.count == 1_000)
                #expect(latency.sum == 500_500_000_000 && latency.max == 1e9 && latency.last == 1e9)
                let median = try #require(latency.percentile(0.5))
                #expect((0.99 * 5e8...1.01 * 5e8).contains(median))
                let sizes = try #require(collector.series("sizes"))
                #expect(sizes.kind == .recorder && sizes.count == 102 && sizes.sum == 0.5)
                #expect(sizes.min == -50 && sizes.max == 50 && sizes.last == 0.5)
                #expect(sizes.percentile(0) == -50.25 && sizes.percentile(0.5).map { abs($0) < 1 } == true)
                #expect(collector.series.count == 6)
                let windows = collector.series.flatMap(\.windows)
                #expect(Set(windows.map(\.instance)).count == 1 && windows.allSatisfy { $0.runID == nil })
            }
        }

        @Test("One name, kind and choice of dimensions, in any order, is one handler")
        func identity() async throws {
            try await withTestCollector { collector in
                let metrics = try HyperstepMetricsFactory.start(service: "s", settings: collector.settings)
                let dimensions = [("b", "2"), ("a", "1")]
                let counter = metrics.makeCounter(label: "x", dimensions: dimensions)
                #expect(counter === metrics.makeCounter(label: "x", dimensions: dimensions.reversed()))
                let floating = metrics.makeFloatingPointCounter(label: "x", dimensions: dimensions)
                #expect(counter === floating)
                #expect(counter !== metrics.makeCounter(label: "x", dimensions: [("a", "1")]))
                #expect(counter !== metrics.makeCounter(label: "y", dimensions: dimensions))
                let recorder = metrics.makeRecorder(label: "x", dimensions: dimensions, aggregate: true)
                let gauge = metrics.makeRecorder(label: "x", dimensions: dimensions, aggregate: false)
                let timer = metrics.makeTimer(label: "x", dimensions: dimensions)
                let meter = metrics.makeMeter(label: "x", dimensions: dimensions)
                counter.increment(by: 1 as Int64)
                floating.increment(by: 0.5)
                recorder.record(2 as Int64)
                gauge.record(3.0)
                timer.recordNanoseconds(4)
                meter.set(5.0)
                await metrics.shutdown(timeout: .seconds(60))
                let all = collector.series.filter { $0.name == "x" && $0.dimensions == ["a": "1", "b": "2"] }
                #expect(all.map(\.sum).sorted() == [1.5, 2, 3, 4, 5])
                #expect(Set(all.map(\.kind)) == [.counter, .recorder, .gauge, .timer, .meter])
            }
        }

        @Test("Two spellings that Swift holds equal are two series, as they are to the database")
        func spellings() async throws {
            try await withTestCollector { collector in
                let factory = try HyperstepMetricsFactory.start(service: "test", settings: collector.settings)
                let names = ["caf\u{E9}", "cafe\u{301}"]
                #expect(names[0] == names[1])
                for (number, name) in names.enumerated() {
                    factory.makeCounter(label: name, dimensions: []).increment(by: Int64(number + 1))
                    factory.makeTimer(label: "t", dimensions: [("k", name)]).recordNanoseconds(5)
                }
                await factory.shutdown(timeout: .seconds(60))
                let bytes = Set(collector.series.filter { $0.name != "t" }.map { Array($0.name.utf8) })
                #expect(bytes == Set(names.map { Array($0.utf8) }))
                #expect(collector.series.filter { $0.name == "t" }.map(\.count) == [1, 1])
                let sums = collector.series.filter { $0.name != "t" }.map { ($0.name.utf8.count, $0.sum) }
                #expect(sums.sorted { $0.0 < $1.0 }.map(\.1) == [1, 2])
            }
        }

        @Test("A metric that is destroyed and made again is another handler and goes on with its series")
        func destroyed() async throws {
            try await withTestCollector { collector in
                let metrics = try HyperstepMetricsFactory.start(service: "s", settings: collector.settings)
                let first = metrics.makeCounter(label: "c", dimensions: [])
                first.increment(by: 1 as Int64)
                metrics.destroyCounter(first)
                let second = metrics.makeCounter(label: "c", dimensions: [])
                #expect(first !== second)
                second.increment(by: 10 as Int64)
                first.increment(by: 100 as Int64)
                // That of the first again: it is not the second's.
                metrics.destroyFloatingPointCounter(first as! any FloatingPointCounterHandler)
                #expect(second === metrics.makeCounter(label: "c", dimensions: []))

                let timer = CoreMetrics.Timer(label: "t", factory: metrics)
                timer.recordNanoseconds(7)
                timer.destroy()
                CoreMetrics.Timer(label: "t", factory: metrics).recordNanoseconds(8)
                for aggregate in [true, false] {
                    let recorder = metrics.makeRecorder(label: "r", dimensions: [], aggregate: aggregate)
                    metrics.destroyRecorder(recorder)
                    let again = metrics.makeRecorder(label: "r", dimensions: [], aggregate: aggregate)
                    #expect(recorder !== again)
                }
                let meter = metrics.makeMeter(label: "m", dimensions: [])
                metrics.destroyMeter(meter)
                #expect(meter !== metrics.makeMeter(label: "m", dimensions: []))
                // None of ours.
                metrics.destroyCounter(NOOPMetricsHandler.instance)
                metrics.destroyRecorder(NOOPMetricsHandler.instance)
                await metrics.shutdown(timeout: .seconds(60))
                #expect(collector.series("c")?.sum == 111 && collector.series("c")?.last == 111)
                #expect(collector.series("t")?.count == 2 && collector.series.count == 2)
            }
        }

        @Test("No number traps: what makes no sense is ignored, clamped or counted aside")
        func numbers() async throws {
            try await withTestCollector { collector in
                let metrics = try HyperstepMetricsFactory.start(service: "s", settings: collector.settings)
                let strange: [Double] = [
                    .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
                    .leastNonzeroMagnitude, -0.0, .signalingNaN,
                ]
                let integers: [Int64] = [.min, -1, 0, .max, .max]
                let counter = metrics.makeCounter(label: "counter", dimensions: [])
                let floating = metrics.makeFloatingPointCounter(label: "floating", dimensions: [])
                let meter = metrics.makeMeter(label: "meter", dimensions: [])
                let timer = metrics.makeTimer(label: "timer", dimensions: [])
                let gauge = metrics.makeRecorder(label: "gauge", dimensions: [], aggregate: false)
                let recorder = metrics.makeRecorder(label: "recorder", dimensions: [], aggregate: true)
                for number in integers {
                    counter.increment(by: number)
                    meter.set(number)
                    timer.recordNanoseconds(number)
                    gauge.record(number)
                    recorder.record(number)
                }
                for number in strange {
                    floating.increment(by: number)
                    meter.increment(by: number)
                    meter.decrement(by: number)
                    meter.set(number)
                    gauge.record(number)
                    recorder.record(number)
                }
                meter.set(3.0)
                meter.increment(by: -1)
                meter.decrement(by: -1)
                await metrics.shutdown(timeout: .seconds(60))
                let most = Double(Int64.max)
                #expect(
                    collector.series("counter")?.count == 3 && collector.series("counter")?.sum == 2 * most)
                #expect(collector.series("timer")?.count == 5 && collector.series("timer")?.min == 0)
                #expect(collector.series("timer")?.sum == 2 * most)
                let added = try #require(collector.series("floating"))
                // Beyond 2^64 a number adds that.
                #expect(added.count == 3 && added.sum == 0x1.fffffffffffffp63)
                #expect(added.windows.reduce(0) { $0 + $1.nonFiniteCount } == 4)
                #expect(collector.series("meter")?.last == 3)
                for name in ["gauge", "recorder"] {
                    let series = try #require(collector.series(name))
                    #expect(series.count == 9 && series.windows.reduce(0) { $0 + $1.nonFiniteCount } == 4)
                    #expect(series.min == -.greatestFiniteMagnitude && series.last?.isNaN == true)
                }
            }
        }

        @Test("A counter that is reset stands at 0, and its windows say what was taken back")
        func reset() async throws {
            try await withTestCollector { collector in
                let metrics = try HyperstepMetricsFactory.start(service: "s", settings: collector.settings)
                let counter = Counter(label: "c", factory: metrics)
                counter.increment(by: 100)
                counter.reset()
                counter.reset()
                counter.increment(by: 7)
                await metrics.shutdown(timeout: .seconds(60))
                #expect(collector.series("c")?.last == 7 && collector.series("c")?.sum == 7)
                #expect(collector.series("c")?.count == 2)
            }
        }

        @Test("Beyond the capacity metrics do nothing, which the log says once and the report counts")
        func capacity() async throws {
            try await withTestCollector { collector in
                var settings = collector.settings
                settings.seriesCapacity = 3
                let lines = LoggedLines()
                let metrics = try HyperstepMetricsFactory.start(
                    service: "s", settings: settings, logger: lines.logger)
                for number in 0..<10 {
                    Counter(label: "c", dimensions: [("user", "\(number)")], factory: metrics).increment()
                }
                #expect(metrics.makeTimer(label: "t", dimensions: []) === NOOPMetricsHandler.instance)
                // One that is known finds its room.
                Counter(label: "c", dimensions: [("user", "0")], factory: metrics).increment()
                let report = await metrics.shutdown(timeout: .seconds(60))
                #expect(report.refusedSeries == 8 && collector.series.count == 3)
                #expect(collector.series("c", ["user": "0"])?.sum == 2)
                #expect(lines.warnings.count == 2, "\(lines.warnings)")
                #expect(lines.warnings.first?.contains("room for 3 series") == true)
                #expect("\(report)".contains("8 metrics refused"))
            }
        }

        @Test("What comes after the end is dropped and counted")
        func late() async throws {
            try await withTestCollector { collector in
                let lines = LoggedLines()
                let metrics = try HyperstepMetricsFactory.start(
                    service: "s", settings: collector.settings, logger: lines.logger)
                let counter = Counter(label: "c", factory: metrics)
                counter.increment()
                #expect(await metrics.shutdown(timeout: .seconds(60)).isComplete)
                #expect(lines.warnings.isEmpty, "\(lines.warnings)")
                counter.increment()
                FloatingPointCounter(label: "c", factory: metrics).increment(by: 0.5)
                Gauge(label: "g", factory: metrics).record(1)
                let meter = Meter(label: "m", factory: metrics)
                meter.set(1)
                meter.increment(by: 1)
                meter.increment(by: Double.infinity)
                CoreMetrics.Timer(label: "t", factory: metrics).recordNanoseconds(1)
                CoreMetrics.Recorder(label: "r", factory: metrics).record(1)
                // The shipper's thread may see the first of them before it ends, and says so as well.
                var warnings: [String] { lines.warnings.filter { !$0.contains("records were dropped") } }
                #expect(warnings.count == 1 && warnings[0].contains("had been shut down"))
                let report = await metrics.shutdown(timeout: .seconds(60))
                #expect(report.dropped == 8 && collector.series.map(\.sum) == [1])
                #expect(!report.isComplete && warnings.count == 2, "\(warnings)")
            }
        }

        @Test("A report is complete where nothing waits, was dropped, rejected or refused")
        func isComplete() {
            #expect(MetricsReport(committed: 7).isComplete && MetricsReport().isComplete)
            for change: WritableKeyPath<MetricsReport, UInt64> in [
                \.spooled, \.dropped, \.rejected, \.refusedSeries,
            ] {
                var report = MetricsReport(committed: 7)
                report[keyPath: change] = .max
                #expect(!report.isComplete)
            }
            #expect(!MetricsReport(lacksHistograms: true).isComplete)
        }

        @Test("In the mode disabled no file is made and handlers do nothing")
        func disabled() throws {
            let metrics = try HyperstepMetricsFactory.start(
                service: "s", settings: Settings(mode: .disabled, directory: "/nowhere/at/all"))
            #expect(metrics.makeCounter(label: "c", dimensions: []) === NOOPMetricsHandler.instance)
            Counter(label: "c", factory: metrics).increment()
            #expect(metrics.shutdown() == MetricsReport())
        }

        @Test("A setting that is nonsense is named")
        func settings() throws {
            func failure(service: String? = nil, _ change: (inout Settings) -> Void = { _ in }) -> String {
                var settings = Settings(mode: .offline, directory: "/nowhere")
                change(&settings)
                do {
                    _ = try HyperstepMetricsFactory.start(service: service, settings: settings)
                    return ""
                } catch {
                    return "\(error)"
                }
            }
            #expect(failure(service: "").hasPrefix("cannot start the metrics: service has 0 bytes"))
            #expect(failure(service: "a\n").contains("control character"))
            #expect(failure { $0.seriesCapacity = 0 }.contains("seriesCapacity is 0, expected 1 to 8,192"))
            #expect(failure { $0.seriesCapacity = 8_193 }.contains("seriesCapacity"))
            #expect(failure { $0.directory = "/dev/null/x" }.contains("directory"))
        }

        @Test("Where no service is named it is that of the settings, and of two the one that is given")
        func service() async throws {
            try await withTestCollector { collector in
                var settings = collector.settings
                settings.service = "of settings"
                for (name, label) in [(nil, "first"), ("given", "second")] {
                    let metrics = try HyperstepMetricsFactory.start(service: name, settings: settings)
                    Counter(label: label, factory: metrics).increment()
                    await metrics.shutdown(timeout: .seconds(60))
                }
                #expect(collector.series("first")?.service == "of settings")
                #expect(collector.series("second")?.service == "given")
            }
        }

        @Test("Of a label that several kinds and services have a test asks for the one that it means")
        func ofOneLabel() async throws {
            try await withTestCollector { collector in
                for (service, number) in [("one", 1), ("two", 2)] {
                    let metrics = try HyperstepMetricsFactory.start(
                        service: service, settings: collector.settings)
                    Gauge(label: "size", factory: metrics).record(10 * number)
                    await metrics.shutdown(timeout: .seconds(60))
                    let again = try HyperstepMetricsFactory.start(
                        service: service, settings: collector.settings)
                    Counter(label: "size", factory: again).increment(by: number)
                    await again.shutdown(timeout: .seconds(60))
                }
                #expect(collector.series("size")?.sum == 10)
                #expect(collector.series("size", kind: .counter)?.sum == 1)
                #expect(collector.series("size", service: "two")?.sum == 20)
                #expect(collector.series("size", [:], kind: .counter, service: "two")?.sum == 2)
                #expect(collector.series("size", kind: .timer) == nil)
                #expect(collector.series("size", service: "three") == nil)
            }
        }

        @Test("Bound to a task it is the factory of what that task makes; the rows of a run have its id")
        func taskLocal() async throws {
            try await withTestCollector { collector in
                let run = try Run.start(
                    project: "p", name: "n", model: "m", settings: collector.settings)
                let metrics = try HyperstepMetricsFactory.start(
                    service: "training", run: run, settings: collector.settings)
                await withMetricsFactory(metrics) {
                    Counter(label: "inside").increment()
                    await Task { Counter(label: "inside").increment() }.value
                }
                Counter(label: "outside").increment()
                await metrics.shutdown(timeout: .seconds(60))
                await run.finish()
                #expect(collector.series.map(\.name) == ["inside"])
                #expect(collector.series("inside")?.sum == 2)
                #expect(collector.series("inside")?.windows.allSatisfy { $0.runID == run.id } == true)
            }
        }

        @Test("While no collector answers rows wait, and are sent when one does")
        func away() async throws {
            try await withTestCollector { collector in
                collector.isAvailable = false
                let lines = LoggedLines()
                let metrics = try HyperstepMetricsFactory.start(
                    service: "s", settings: collector.settings, logger: lines.logger)
                Counter(label: "c", factory: metrics).increment(by: 5)
                let report = await metrics.shutdown(timeout: .milliseconds(300))
                #expect(report.committed == 0 && report.spooled == 1)
                #expect(lines.warnings.contains { $0.contains("sent when a collector answers") })
                collector.isAvailable = true
                #expect(await metrics.shutdown(timeout: .seconds(60)).committed == 1)
                #expect(collector.series("c")?.sum == 5)
            }
        }
    }
#endif
