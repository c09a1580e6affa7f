import Foundation
import HyperstepHistogram
import HyperstepRecorder
import HyperstepWire
import NIOConcurrencyHelpers
import Testing

@testable import HyperstepShipper

@Suite("Windows on their way to a collector", .timeLimit(.minutes(20)))
struct WindowShippingTests {
    private static let model = Model(id: UUID(), name: "m", version: "2")

    private static func makeServer(in directory: String, windows: Int = 8) throws -> Recorder {
        try makeRecorder(in: directory, isServing: true) {
            $0.windowCapacity = windows
            $0.seriesCapacity = 4
        }
    }

    private static func series(_ recorder: Recorder, _ endpoint: String) throws -> MonitorSeries {
        let identity = try InferenceWindow.series(model: model, endpoint: endpoint)
        return try #require(recorder.monitors.series(identity, at: 1_000))
    }

    /// Each position once, and all that was counted in exactly one window.
    private static func expectEachOnce(
        _ collector: ScriptedCollector, _ recorder: Recorder, requests: UInt64
    ) throws {
        let written = collector.state.withLockedValue { $0.windows[recorder.windows.stream] ?? [:] }
        #expect(written.allSatisfy { $0.value.count == 1 })
        #expect(written.keys.sorted() == Array(0..<UInt64(written.count)))
        let windows = written.values.compactMap(\.first)
        #expect(windows.reduce(0) { $0 + $1.requestCount } == requests)
        #expect(windows.reduce(0) { $0 + $1.errorCount } == requests / 4)
        for window in windows {
            #expect(window.model == model && window.durationMs > 0)
            let counted = window.histograms.first { $0.kind == .request }?.distribution.count ?? 0
            #expect(counted == window.requestCount)
        }
    }

    @Test(
        "Whatever the network and the collector do, each request is in exactly one window, written once",
        arguments: 0..<6 as Range<UInt64>)
    func faults(seed: UInt64) async throws {
        let directory = try temporaryDirectory()
        let collector = ScriptedCollector()
        defer { collector.stop() }
        collector.misbehave(seed: seed)
        let shipper = try Shipper.shared(
            try ShippingTests.configuration(directory, port: try collector.listen()), logger: quiet)
        let recorder = try Self.makeServer(in: directory)
        let shipment = try shipper.attach(recorder)
        let series = try (0..<2).map { try Self.series(recorder, "/\($0)") }
        await withCheckedContinuation { done in
            Thread.detachNewThread {
                DispatchQueue.concurrentPerform(iterations: 4) { thread in
                    for request in 0..<2_000 as Range<UInt64> {
                        series[thread % 2].recordRequest(
                            nanoseconds: 1_000 << (request % 20), isError: request % 4 == 0)
                        if request % 20 == 0 { usleep(1_000) }
                    }
                }
                done.resume()
            }
        }
        recorder.seal()
        let report = await shipment.finish(deadline: .after(600))
        let windows = try #require(report.others[.windows])
        #expect(windows.committed >= 2 && windows.spooled == 0 && windows.dropped == 0)
        try Self.expectEachOnce(collector, recorder, requests: 8_000)
        #expect(!FileManager.default.fileExists(atPath: recorder.path))
    }

    @Test("A last window is taken at the end, long before its interval is over")
    func lastWindow() async throws {
        let directory = try temporaryDirectory()
        let collector = ScriptedCollector()
        defer { collector.stop() }
        let shipper = try Shipper.shared(
            try ShippingTests.configuration(
                directory, port: try collector.listen(), windowInterval: .seconds(3_600)), logger: quiet)
        let recorder = try Self.makeServer(in: directory)
        let shipment = try shipper.attach(recorder)
        let series = try Self.series(recorder, "/predict")
        for request in 0..<4 { series.recordRequest(nanoseconds: 5_000, isError: request == 0) }
        series.record(.firstToken, nanoseconds: 3_000)
        series.recordTokens(input: 7, output: 9)
        recorder.seal()
        let before = UInt64(Date().timeIntervalSince1970 * 1e9)
        #expect(await shipment.finish(deadline: .after(600)).others[.windows] == StreamReport(committed: 1))
        try Self.expectEachOnce(collector, recorder, requests: 4)
        let (windows, instances) = collector.state.withLockedValue {
            ($0.windows[recorder.windows.stream] ?? [:], $0.instances)
        }
        let identity = try recorder.identity.withUnsafeBytes { try RecorderIdentity(decoding: $0) }
        #expect(instances == Set([identity.instanceID]))
        let window = try #require(windows[0]?.first)
        #expect(window.endpoint == "/predict" && window.inputTokens == 7 && window.outputTokens == 9)
        #expect(window.histograms.map(\.kind) == [.request, .timeToFirstToken])
        #expect(abs(Double(window.time) - Double(before)) < 60e9)
        #expect(abs(window.durationMs - (Double(window.time) - 1_000) / 1e6) < 1)
    }

    @Test("Windows come at their own interval, however seldom the rest is flushed")
    func ownInterval() async throws {
        let directory = try temporaryDirectory()
        let collector = ScriptedCollector()
        defer { collector.stop() }
        var configuration = try ShippingTests.configuration(
            directory, port: try collector.listen(), windowInterval: .milliseconds(100))
        configuration.flushInterval = .seconds(3_600)
        let shipper = try Shipper.shared(configuration, logger: quiet)
        let recorder = try Self.makeServer(in: directory)
        let shipment = try shipper.attach(recorder)
        let series = try Self.series(recorder, "/predict")
        for round in 1...3 as ClosedRange<UInt64> {
            for request in 0..<4 { series.recordRequest(nanoseconds: 5_000, isError: request == 0) }
            try await until {
                collector.state.withLockedValue { $0.next[recorder.windows.stream] ?? 0 } >= round
            }
        }
        recorder.seal()
        _ = await shipment.finish(deadline: .after(600))
        try Self.expectEachOnce(collector, recorder, requests: 12)
    }

    @Test("More windows than the ring holds wait in their series and come when there is room")
    func fullRing() async throws {
        let directory = try temporaryDirectory()
        let collector = ScriptedCollector()
        defer { collector.stop() }
        let offline = try Shipper.shared(
            try ShippingTests.configuration(directory, port: nil, spoolLimit: 1), logger: quiet)
        let recorder = try Self.makeServer(in: directory)
        let shipment = try offline.attach(recorder)
        let series = try Self.series(recorder, "/predict")
        // No collector and no spool: the ring fills, window by window.
        var requests: UInt64 = 0
        while recorder.windows.level.used < 8 {
            series.recordRequest(nanoseconds: 5_000, isError: requests % 4 == 0)
            requests += 1
            try await Task.sleep(for: .milliseconds(2))
        }
        for _ in 0..<(4 - requests % 4) + 400 {
            series.recordRequest(nanoseconds: 5_000, isError: requests % 4 == 0)
            requests += 1
        }
        recorder.seal()
        let report = try #require(await shipment.finish(deadline: .after(600)).others[.windows])
        #expect(report == StreamReport(spooled: 8))
        // Another shipper adopts the file, the counts that no window had room for included.
        let shipper = try Shipper.shared(
            try ShippingTests.configuration(directory, port: try collector.listen()), logger: quiet)
        let other = try Self.makeServer(in: directory)
        let attached = try shipper.attach(other)
        try await until { collector.state.withLockedValue { $0.next[recorder.windows.stream] } == 9 }
        other.seal()
        _ = await attached.finish(deadline: .after(600))
        try Self.expectEachOnce(collector, recorder, requests: requests)
        try await until { try FileManager.default.contentsOfDirectory(atPath: directory) == [] }
    }

    @Test(
        "What is known as a window is taken stays what it was then; of one taken of an orphan nothing is known"
    )
    func completed() async throws {
        let directory = try temporaryDirectory()
        let collector = ScriptedCollector()
        defer { collector.stop() }
        let offline = try Shipper.shared(
            try ShippingTests.configuration(directory, port: nil, windowInterval: .seconds(3_600)),
            logger: quiet)
        let recorder = try Self.makeServer(in: directory)
        let load = NIOLockedValueBox(1.0)
        let shipment = try offline.attach(
            recorder, complete: { $0.cpuUsage = load.withLockedValue { $0 } })
        let series = try Self.series(recorder, "/predict")
        for request in 0..<4 { series.recordRequest(nanoseconds: 5_000, isError: request == 0) }
        // Taken at the end, and sent by another shipper, which knows better and is not asked.
        _ = await shipment.finish(deadline: .after(600))
        load.withLockedValue { $0 = 2 }
        let shipper = try Shipper.shared(
            try ShippingTests.configuration(directory, port: try collector.listen()), logger: quiet)
        let other = try Self.makeServer(in: directory)
        let attached = try shipper.attach(other, complete: { $0.cpuUsage = 3 })
        try await until { collector.state.withLockedValue { $0.next[recorder.windows.stream] } == 1 }
        other.seal()
        _ = await attached.finish(deadline: .after(600))
        let windows = collector.state.withLockedValue { $0.windows[recorder.windows.stream] ?? [:] }
        #expect(windows[0]?.map(\.cpuUsage) == [1])
    }

    @Test("A series that nobody can read becomes a position that is skipped")
    func damagedIdentity() async throws {
        let directory = try temporaryDirectory()
        let collector = ScriptedCollector()
        defer { collector.stop() }
        let shipper = try Shipper.shared(
            try ShippingTests.configuration(directory, port: try collector.listen()), logger: quiet)
        let recorder = try Self.makeServer(in: directory)
        let unknown = try #require(recorder.monitors.series([0xFF], at: 0))
        unknown.recordRequest(nanoseconds: 1, isError: false)
        let known = try Self.series(recorder, "/predict")
        for request in 0..<4 { known.recordRequest(nanoseconds: 5_000, isError: request == 0) }
        let shipment = try shipper.attach(recorder)
        recorder.seal()
        #expect(await shipment.finish(deadline: .after(600)).others[.windows]?.spooled == 0)
        #expect(collector.state.withLockedValue(\.skips).map(\.reason) == [.damaged])
        let windows = collector.state.withLockedValue { $0.windows[recorder.windows.stream] ?? [:] }
        #expect(windows.keys.sorted() == [1] && windows[1]?.first?.requestCount == 4)
    }
}
