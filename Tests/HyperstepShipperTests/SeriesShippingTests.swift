import Foundation
import HyperstepHistogram
import HyperstepRecorder
import HyperstepWire
import NIOConcurrencyHelpers
import Testing

@testable import HyperstepShipper

@Suite("Windows of instruments on their way to a collector", .timeLimit(.minutes(20)))
struct SeriesShippingTests {
    private static func makeServer(in directory: String, series: Int = 4) throws -> Recorder {
        try makeRecorder(in: directory, isServing: true) {
            $0.instrumentWindowCapacity = 128
            $0.instrumentCapacity = series
        }
    }

    private static func series(
        _ recorder: Recorder, _ name: String, _ kind: Series.Kind
    ) throws -> InstrumentSeries {
        let identity = try Series(
            name: name, kind: kind, unit: "By", dimensions: [.init(key: "a", value: "1")]
        ).encoded()
        return try #require(recorder.instruments.series(identity, at: 1_000))
    }

    /// The windows of each series, each position of which was written once.
    private static func windows(
        _ collector: ScriptedCollector, _ recorder: Recorder
    ) -> [String: [ScriptedCollector.SeriesWindow]] {
        let written = collector.state.withLockedValue { $0.series[recorder.seriesWindows.stream] ?? [:] }
        #expect(written.allSatisfy { $0.value.count == 1 })
        #expect(written.keys.sorted() == Array(0..<UInt64(written.count)))
        let ordered = written.sorted { $0.key < $1.key }.compactMap(\.value.first)
        return Dictionary(grouping: ordered) { $0.series.name }
    }

    @Test(
        "Whatever the network and the collector do, each call is in exactly one window, written once",
        arguments: 0..<6 as Range<UInt64>)
    func faults(seed: UInt64) async throws {
        let directory = try temporaryDirectory()
        let collector = ScriptedCollector()
        defer { collector.stop() }
        collector.misbehave(seed: seed)
        let shipper = try Shipper.shared(
            try ShippingTests.configuration(directory, port: try collector.listen()), logger: quiet)
        let recorder = try Self.makeServer(in: directory, series: 16)
        let shipment = try shipper.attach(recorder)
        let counter = try Self.series(recorder, "counter", .counter)
        let timer = try Self.series(recorder, "timer", .timer)
        await withCheckedContinuation { done in
            Thread.detachNewThread {
                DispatchQueue.concurrentPerform(iterations: 4) { _ in
                    for turn in 0..<2_000 as Range<Int64> {
                        counter.add(whole: turn)
                        timer.observe(whole: 1 << (turn % 20))
                        if turn % 20 == 0 { usleep(1_000) }
                    }
                }
                done.resume()
            }
        }
        recorder.seal()
        let report = await shipment.finish(deadline: .after(600))
        let shipped = try #require(report.others[.series])
        #expect(shipped.committed >= 2 && shipped.spooled == 0 && shipped.dropped == 0)
        let windows = Self.windows(collector, recorder)
        let counters = try #require(windows["counter"])
        #expect(counters.reduce(0) { $0 + $1.count } == 8_000)
        #expect(counters.reduce(0) { $0 + ($1.sum ?? 0) } == 4 * 1_999_000)
        #expect(counters.last?.last == 4 * 1_999_000 && counters.allSatisfy(\.histogram.isEmpty))
        let timers = try #require(windows["timer"])
        #expect(timers.reduce(0) { $0 + $1.count } == 8_000)
        #expect(timers.reduce(0) { $0 + $1.histogram.count } == 8_000)
        #expect(timers.reduce(0) { $0 + ($1.sum ?? 0) } == 400 * Double((1 << 20) - 1))
        #expect(!FileManager.default.fileExists(atPath: recorder.path))
    }

    @Test("Kinds say what was last: a counter its total, a gauge its value, others a number")
    func kinds() async throws {
        let directory = try temporaryDirectory()
        let collector = ScriptedCollector()
        defer { collector.stop() }
        let shipper = try Shipper.shared(
            try ShippingTests.configuration(
                directory, port: try collector.listen(), windowInterval: .seconds(3_600)), logger: quiet)
        let recorder = try makeRecorder(in: directory) {
            $0.instrumentWindowCapacity = 128
            $0.instrumentCapacity = 4
        }
        let shipment = try shipper.attach(recorder)
        for kind in [Series.Kind.counter, .gauge, .recorder] {
            let series = try Self.series(recorder, "\(kind.rawValue)", kind)
            series.set(5)
            series.observe(3)
        }
        recorder.seal()
        #expect(await shipment.finish(deadline: .after(600)).others[.series] == StreamReport(committed: 3))
        let windows = Self.windows(collector, recorder)
        #expect(windows["1"]?.map(\.last) == [8] && windows["2"]?.map(\.last) == [5])
        #expect(windows["5"]?.map(\.last) == [3])
        let series = try #require(windows["5"]?.first?.series)
        #expect(series.unit == "By" && series.dimensions == [.init(key: "a", value: "1")])
    }

    @Test("More windows than the ring holds wait in their series; another process sends them all")
    func fullRing() async throws {
        let directory = try temporaryDirectory()
        let collector = ScriptedCollector()
        defer { collector.stop() }
        let offline = try Shipper.shared(
            try ShippingTests.configuration(directory, port: nil, spoolLimit: 1), logger: quiet)
        let recorder = try Self.makeServer(in: directory, series: 200)
        let shipment = try offline.attach(recorder)
        for number in 0..<200 {
            try Self.series(recorder, "s\(number)", .recorder).observe(Double(number))
        }
        recorder.seal()
        let report = try #require(await shipment.finish(deadline: .after(600)).others[.series])
        #expect(report == StreamReport(spooled: 128))
        let shipper = try Shipper.shared(
            try ShippingTests.configuration(directory, port: try collector.listen()), logger: quiet)
        let other = try Self.makeServer(in: directory)
        let attached = try shipper.attach(other)
        try await until { collector.state.withLockedValue { $0.next[recorder.seriesWindows.stream] } == 200 }
        other.seal()
        _ = await attached.finish(deadline: .after(600))
        let windows = Self.windows(collector, recorder)
        #expect(windows.count == 200)
        #expect((0..<200).allSatisfy { windows["s\($0)"]?.map(\.sum) == [Double($0)] })
        try await until { try FileManager.default.contentsOfDirectory(atPath: directory) == [] }
    }

    @Test("A series that nobody can read becomes a position that is skipped")
    func damagedIdentity() async throws {
        let directory = try temporaryDirectory()
        let collector = ScriptedCollector()
        defer { collector.stop() }
        let shipper = try Shipper.shared(
            try ShippingTests.configuration(directory, port: try collector.listen()), logger: quiet)
        let recorder = try Self.makeServer(in: directory)
        try #require(recorder.instruments.series([0xFF], at: 0)).observe(1)
        try Self.series(recorder, "known", .timer).observe(4)
        let shipment = try shipper.attach(recorder)
        recorder.seal()
        #expect(await shipment.finish(deadline: .after(600)).others[.series]?.spooled == 0)
        #expect(collector.state.withLockedValue(\.skips).map(\.reason) == [.damaged])
        let windows = collector.state.withLockedValue { $0.series[recorder.seriesWindows.stream] ?? [:] }
        #expect(windows.keys.sorted() == [1] && windows[1]?.first?.sum == 4)
    }
}
