import Foundation
import HyperstepHistogram
import HyperstepRecorder
import HyperstepWire
import Logging
import TestRandom
import Testing

@testable import Hyperstep

/// Monitors of a registry of their own, whose windows nobody takes but the test.
struct MonitorBed {
    let directory: TemporaryDirectory
    let registry = MonitorRegistry()
    let settings: Settings
    let logger: Logger
    let lines: RecordedLines.Lines

    init(capacity: Int = 32) throws {
        directory = try TemporaryDirectory()
        var settings = Settings(mode: .offline, directory: directory.path)
        settings.windowInterval = .seconds(3600)
        settings.monitorCapacity = capacity
        self.settings = settings
        (logger, lines) = RecordedLines.logger()
    }

    func monitor(_ model: String = "m", version: String? = nil, endpoint: String = "/predict") throws
        -> InferenceMonitor
    {
        try registry.monitor(
            model: model, modelVersion: version, endpoint: endpoint, settings: settings, logger: logger)
    }

    /// What the monitors counted so far, by series.
    func take() throws -> [MonitorWindow] {
        let recorder = try registry.recording(for: settings.resolved(environment: [:]), logger: logger)
            .recorder
        var windows: [MonitorWindow] = []
        recorder.monitors.takeWindows(at: 1) { window in
            windows.append(window)
            return []
        }
        return windows
    }
}

@Suite("A monitor of inference")
struct InferenceMonitorTests {
    @Test("Requests are counted by latency and outcome")
    func counts() throws {
        let bed = try MonitorBed()
        let monitor = try bed.monitor()
        #expect(monitor.isRecording)
        monitor.record(latency: .milliseconds(3))
        monitor.record(latency: .milliseconds(3), outcome: .error)
        monitor.record(latency: .microseconds(20), outcome: .ok)
        monitor.record(seconds: 0.003)
        let window = try #require(try bed.take().first)
        #expect(window.count(.request) == 4 && window.errors == 1)
        #expect(
            window.buckets(.request).map(\.index)
                == [20_000, 3_000_000].map { LatencyBuckets.index(nanoseconds: $0) })
        #expect(window.buckets(.request).map(\.count) == [1, 3])
        #expect(window.count(.firstToken) == 0 && window.inputTokens == 0)
    }

    @Test("Any latency there is counts in its bucket, or in the nearest: none traps")
    func anyLatency() throws {
        let bed = try MonitorBed()
        let monitor = try bed.monitor()
        let longest = Duration(attoseconds: .max)
        for short in [.zero, .nanoseconds(511), .seconds(-1), Duration(attoseconds: .min)] {
            monitor.record(latency: short)
        }
        for long in [.seconds(4_398), .seconds(4_723), .seconds(Int64.max), longest] {
            monitor.record(latency: long)
        }
        for short in [Double.nan, -.nan, -1, 0, -.infinity, .leastNonzeroMagnitude] {
            monitor.record(seconds: short)
        }
        for long in [Double.infinity, .greatestFiniteMagnitude, 1e6] { monitor.record(seconds: long) }
        monitor.record(
            InferenceRequest(
                latency: longest, queueTime: .seconds(-1), timeToFirstToken: longest,
                timePerOutputToken: longest, inputTokens: .min, outputTokens: .max))
        let window = try #require(try bed.take().first)
        let last = LatencyBuckets.count - 1
        #expect(window.buckets(.request).map(\.index) == [0, last])
        #expect(window.buckets(.request).map(\.count) == [10, 8])
        #expect(window.buckets(.queue).map(\.index) == [0])
        #expect(window.buckets(.perOutputToken).map(\.index) == [last])
        #expect(window.inputTokens == 0 && window.outputTokens == UInt64(UInt32.max))
    }

    @Test("A duration's nanoseconds are exact as far as buckets go")
    func nanoseconds() {
        var numbers = Seeded(7)
        for _ in 0..<10_000 {
            let width = Int.random(in: 1...42, using: &numbers)
            let nanoseconds = UInt64.random(in: 0..<(1 << UInt64(width)), using: &numbers)
            let rest = Int128.random(in: 0..<1_000_000_000, using: &numbers)
            let duration = Duration(attoseconds: Int128(nanoseconds) * 1_000_000_000 + rest)
            #expect(duration.nanosecondsForBuckets == nanoseconds)
        }
    }

    @Test("A language model's request counts its tokens and when they came")
    func tokens() throws {
        let bed = try MonitorBed()
        let monitor = try bed.monitor()
        monitor.record(
            InferenceRequest(
                latency: .milliseconds(1_100), queueTime: .milliseconds(5),
                timeToFirstToken: .milliseconds(100),
                inputTokens: 40, outputTokens: 101))
        // Computed only where it means something.
        monitor.record(InferenceRequest(latency: .seconds(1), timeToFirstToken: .seconds(1), outputTokens: 1))
        monitor.record(InferenceRequest(latency: .seconds(1), outputTokens: 50))
        monitor.record(
            InferenceRequest(
                latency: .seconds(1), outcome: .error, timeToFirstToken: .seconds(2), outputTokens: 50))
        // 48 ms each, though all of it is longer than 64 bits of nanoseconds' buckets hold; and what cannot be.
        monitor.record(
            InferenceRequest(
                latency: .seconds(4_801), timeToFirstToken: .seconds(1), outputTokens: 100_001))
        let ends = Duration(attoseconds: .max)
        monitor.record(
            InferenceRequest(
                latency: ends, timeToFirstToken: Duration(attoseconds: .min), outputTokens: 2))
        let window = try #require(try bed.take().first)
        func buckets(_ durations: UInt64...) -> [Int] {
            durations.map { LatencyBuckets.index(nanoseconds: $0) }
        }
        #expect(window.count(.request) == 6 && window.errors == 1)
        #expect(window.inputTokens == 40 && window.outputTokens == 100_205)
        #expect(window.buckets(.queue).map(\.index) == buckets(5_000_000))
        // A second twice, and what is less than nothing in the first bucket.
        #expect(
            window.buckets(.firstToken).map(\.index) == buckets(0, 100_000_000, 1_000_000_000, 2_000_000_000))
        #expect(window.buckets(.firstToken).map(\.count) == [1, 1, 2, 1])
        #expect(window.buckets(.perOutputToken).map(\.index) == buckets(10_000_000, 48_000_000))
    }

    @Test("The same model and endpoint is one series; any other is another, named by what it identifies")
    func series() throws {
        let bed = try MonitorBed()
        try bed.monitor().record(latency: .milliseconds(1))
        try bed.monitor().record(latency: .milliseconds(1))
        try bed.monitor(version: "2").record(latency: .milliseconds(1))
        try bed.monitor(endpoint: "/embed").record(latency: .milliseconds(1))
        let windows = try bed.take()
        #expect(windows.map { $0.count(.request) } == [2, 1, 1])
        let identities = try windows.map { window in
            try window.identity.withUnsafeBytes { try InferenceWindow(decoding: $0) }
        }
        #expect(identities.map(\.model.version) == ["", "2", ""])
        #expect(identities.map(\.endpoint) == ["/predict", "/predict", "/embed"])
        #expect(identities[1].model.id == ModelID.of(name: "m", version: "2"))
        #expect(bed.directory.contents.count == 1)
    }

    @Test("More monitors than there is room for record nothing, are said once and counted")
    func tooMany() throws {
        let bed = try MonitorBed(capacity: 2)
        for path in 0..<5 { try bed.monitor(endpoint: "/item/\(path)").record(latency: .seconds(1)) }
        #expect(try bed.monitor(endpoint: "/item/4").isRecording == false)
        #expect(try bed.monitor(endpoint: "/item/1").isRecording)
        #expect(bed.lines.all.count == 1)
        #expect(bed.lines.all.first?.contains("monitorCapacity") == true)
        let report = bed.registry.shutdown(timeout: .seconds(3))
        #expect(report == MonitorReport(spooled: 2, refusedMonitors: 4))
        #expect(report.description == "0 windows committed, 2 spooled; 4 monitors refused")
    }

    @Test("After the end calls are dropped and counted, and a new monitor begins anew")
    func shutdown() async throws {
        let bed = try MonitorBed()
        let monitor = try bed.monitor()
        monitor.record(latency: .seconds(1))
        let recording = try bed.registry.recording(
            for: bed.settings.resolved(environment: [:]), logger: bed.logger)
        #expect(await bed.registry.shutdown(timeout: .seconds(3)) == MonitorReport(spooled: 1))
        #expect(bed.lines.all.isEmpty, "nothing of it is a surprise")
        monitor.record(latency: .seconds(1))
        #expect(await recording.finish(deadline: .now) == MonitorReport(spooled: 1))
        try bed.monitor().record(latency: .seconds(1))
        #expect(await bed.registry.shutdown(timeout: .seconds(3)) == MonitorReport(spooled: 1, dropped: 1))
        #expect(await bed.registry.shutdown(timeout: .zero) == MonitorReport())
    }

    @Test("Calls after the end are said once, and each is counted once by the report that comes next")
    func late() throws {
        let bed = try MonitorBed()
        let monitors = [try bed.monitor(endpoint: "/a"), try bed.monitor(endpoint: "/b")]
        let shutdown = { bed.registry.shutdown(timeout: .seconds(3)) }  // the synchronous form
        #expect(monitors.map(\.isRecording) == [true, true])
        #expect(shutdown() == MonitorReport())
        #expect(monitors.map(\.isRecording) == [false, false])
        for monitor in monitors {
            monitor.record(latency: .seconds(1), outcome: .error)
            monitor.record(seconds: 1)
            monitor.record(
                InferenceRequest(latency: .seconds(1), queueTime: .zero, inputTokens: 1, outputTokens: 2))
            #expect(monitor.measure { 7 } == 7)
        }
        #expect(bed.lines.all.count == 1)
        #expect(
            bed.lines.all[0].contains("after InferenceMonitor.shutdown") && bed.lines.all[0].contains("/a"))
        // Another recording says it anew, and is recorded into meanwhile.
        let next = try bed.monitor(endpoint: "/c")
        next.record(seconds: 1)
        #expect(shutdown() == MonitorReport(spooled: 1, dropped: 8))
        next.record(seconds: 1)
        #expect(bed.lines.all.count == 2)
        #expect(shutdown() == MonitorReport(dropped: 1) && shutdown() == MonitorReport())
    }

    @Test("A report is complete where nothing waits, was dropped, rejected or refused")
    func isComplete() {
        #expect(MonitorReport(committed: 7).isComplete && MonitorReport().isComplete)
        for change: WritableKeyPath<MonitorReport, UInt64> in [
            \.spooled, \.dropped, \.rejected, \.refusedMonitors,
        ] {
            var report = MonitorReport(committed: 7)
            report[keyPath: change] = .max
            #expect(!report.isComplete)
        }
    }

    @Test("From several threads the sum is exact")
    func threads() throws {
        let bed = try MonitorBed()
        DispatchQueue.concurrentPerform(iterations: 6) { thread in
            guard let monitor = try? bed.monitor(endpoint: "/\(thread % 2)") else { return }
            for number in 0..<20_000 {
                monitor.record(latency: .microseconds(number), outcome: number % 4 == 0 ? .error : .ok)
            }
        }
        let windows = try bed.take()
        #expect(windows.map { $0.count(.request) } == [60_000, 60_000])
        #expect(windows.map(\.errors) == [15_000, 15_000])
    }

    @Test("Names and settings that cannot be are refused, by a monitor's own words")
    func refused() throws {
        let bed = try MonitorBed()
        let error = #expect(throws: StartError.self) { _ = try bed.monitor(endpoint: "") }
        #expect(error?.setting == "endpoint")
        #expect(error?.description.hasPrefix("cannot start the monitor: endpoint has 0 bytes") == true)
        #expect(#expect(throws: StartError.self) { _ = try bed.monitor("") }?.setting == "model")
        let none = try MonitorBed(capacity: 0)
        #expect(#expect(throws: StartError.self) { _ = try none.monitor() }?.setting == "monitorCapacity")
    }
}

@Suite("Measuring with a monitor")
struct MeasureTests {
    private struct Failure: Error, Equatable {}

    @Test("What is measured returns or throws as it would, and is counted by how it ended")
    func measure() async throws {
        let bed = try MonitorBed()
        let monitor = try bed.monitor()
        #expect(monitor.measure { 7 } == 7)
        #expect(throws: Failure()) { try monitor.measure { () throws(Failure) in throw Failure() } }
        let asynchronous = await monitor.measure {
            await Task.yield()
            return 8
        }
        #expect(asynchronous == 8)
        await #expect(throws: CancellationError.self) {
            try await monitor.measure {
                await Task.yield()
                throw CancellationError()
            }
        }
        let window = try #require(try bed.take().first)
        #expect(window.count(.request) == 4 && window.errors == 2)
    }

    @Test("What is measured took at least as long as it slept")
    func duration() throws {
        let bed = try MonitorBed()
        try bed.monitor().measure { _ = usleep(20_000) }
        let window = try #require(try bed.take().first)
        let bucket = try #require(window.buckets(.request).first)
        #expect(LatencyBuckets.upperBound(bucket.index) > 20_000_000)
    }

    @MainActor
    @Test("An actor's own work is measured on that actor")
    func isolation() async throws {
        let bed = try MonitorBed()
        let monitor = try bed.monitor()
        var count = 0
        await monitor.measure {
            MainActor.assertIsolated()
            await Task.yield()
            count += 1
        }
        #expect(count == 1)
    }

    @Test("Disabled, everything returns, nothing is recorded and no file is made")
    func disabled() async throws {
        let directory = try TemporaryDirectory()
        let registry = MonitorRegistry()
        let (logger, lines) = RecordedLines.logger()
        let monitor = try registry.monitor(
            model: "m", modelVersion: nil, endpoint: "/predict",
            settings: Settings(mode: .disabled, directory: directory.path), logger: logger)
        monitor.record(latency: .seconds(1))
        monitor.record(InferenceRequest(latency: .seconds(1)))
        monitor.record(seconds: .nan)
        #expect(monitor.measure { 7 } == 7)
        #expect(
            await monitor.measure {
                await Task.yield(); return 8
            } == 8)
        #expect(!monitor.isRecording)
        #expect(await registry.shutdown(timeout: .zero) == MonitorReport())
        #expect(directory.contents.isEmpty && lines.all.isEmpty)
    }

    /// In a process of its own: it ends the monitors of other tests as well.
    @Test("The process's own monitors are shut down together")
    func shared() async throws {
        await #expect(processExitsWith: .success) {
            let directory = try TemporaryDirectory()
            let settings = Settings(mode: .offline, directory: directory.path)
            let monitor = try InferenceMonitor.start(model: "m", endpoint: "/predict", settings: settings)
            monitor.record(latency: .seconds(1))
            #expect(await InferenceMonitor.shutdown() == MonitorReport(spooled: 1))
            let blocking = { InferenceMonitor.shutdown(timeout: .zero) }  // the synchronous form
            #expect(blocking() == MonitorReport())
        }
    }
}
