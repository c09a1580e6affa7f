import HyperstepHistogram
import HyperstepWire
import Testing

@testable import HyperstepTestKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("Instruments and machines as a test's collector keeps them")
struct RecordedSeriesTests {
    /// Two windows of a timer and one of a counter, each of `first` and one more for each process.
    private func windows(_ instance: UUID, first: Double) -> SeriesWindows {
        var windows = SeriesWindows(instanceID: instance, service: "api")
        windows.series = [
            Series(name: "wait", kind: .timer, unit: "ns", dimensions: [.init(key: "to", value: "db")]),
            Series(name: "hits", kind: .counter), Series(name: "new", kind: .init(rawValue: 77)),
        ]
        windows.times = [2_000_000_000, 3_000_000_000, 2_000_000_000, 2_000_000_000]
        windows.seriesIndexes = [0, 0, 1, 2]
        windows.durationsMs = [100, 200, 100, 100]
        windows.counts = [2, 1, 3, 0]
        windows.nonFiniteCounts = [0, 0, 0, 4]
        windows.sum = DoubleColumn([first * 2, 50, 7, nil])
        windows.min = DoubleColumn([first, 50, 1, nil])
        windows.max = DoubleColumn([first, 50, 4, nil])
        windows.last = DoubleColumn([first, 50, 9, .infinity])
        windows.histograms = [
            ValueHistogram(values: [first, first]), ValueHistogram(values: [50]), ValueHistogram(),
            ValueHistogram(),
        ]
        return windows
    }

    private func batch(_ records: Batch.Records, _ first: UInt64 = 0, count: UInt64) -> Batch {
        Batch(stream: UUID(), firstPosition: first, positionCount: count, records: records)
    }

    @Test("A series has the windows of all processes, their sums and true percentiles")
    func series() throws {
        var recorded = Recorded()
        let instances = [UUID(), UUID()]
        for (place, instance) in instances.enumerated() {
            let windows = windows(instance, first: Double(place * 100 + 100))
            recorded.add(batch(.seriesWindows(windows), count: 4), from: 0)
        }
        #expect(recorded.series.map(\.name) == ["wait", "hits", "new"])
        let wait = recorded.series[0]
        #expect(wait.service == "api" && wait.kind == .timer && wait.unit == "ns")
        #expect(wait.dimensions == ["to": "db"])
        #expect(wait.windows.map(\.instance) == [instances[0], instances[0], instances[1], instances[1]])
        #expect(wait.windows.map(\.duration) == [100, 200, 100, 200].map { .milliseconds($0) })
        #expect(wait.windows[0].time == Date(timeIntervalSince1970: 2))
        #expect(wait.count == 6 && wait.sum == 700 && wait.min == 50 && wait.max == 200)
        // The one that ended last.
        #expect(wait.last == 50)
        for (p, exact) in [(0, 50.0), (0.5, 100), (0.67, 200), (1, 200)] {
            let percentile = try #require(wait.percentile(p))
            #expect(abs(percentile - exact) <= exact / 100)
        }
        #expect(wait.windows[1].percentile(0.5) == ValueHistogram(values: [50]).percentile(0.5))
        #expect(wait.percentile(1.5) == nil)
        let hits = recorded.series[1]
        #expect(hits.kind == .counter && hits.sum == 14 && hits.last == 9 && hits.percentile(0.5) == nil)
        let new = recorded.series[2]
        #expect(new.kind == .other(77) && new.count == 0 && new.sum == 0 && new.min == nil)
        #expect(new.windows.map(\.nonFiniteCount) == [4, 4] && new.last == .infinity)
    }

    @Test(
        "The same name with other dimensions, of another service or kind is another series; resent windows are not"
    )
    func identity() {
        var recorded = Recorded()
        var sent = windows(UUID(), first: 1)
        let first = batch(.seriesWindows(sent), count: 4)
        recorded.add(first, from: 0)
        recorded.add(first, from: 4)
        recorded.add(first, from: 3)
        #expect(recorded.series.map(\.windows.count) == [2, 1, 2])
        sent.service = "other"
        recorded.add(batch(.seriesWindows(sent), count: 4), from: 0)
        sent.series[0].dimensions[0].value = "cache"
        sent.series[1].kind = .meter
        recorded.add(batch(.seriesWindows(sent), count: 4), from: 0)
        #expect(recorded.series.map(\.windows.count) == [2, 1, 2, 2, 1, 2, 2, 1])
    }

    @Test("Samples of a machine have all that it told, and nil for what it did not")
    func samples() throws {
        let instance = UUID()
        var samples = SystemSamples(instanceID: instance)
        samples.devices = ["cpu", "gpu0"]
        samples.times = [1, 1]
        samples.deviceIndexes = [1, 0]
        samples.utilization = DoubleColumn([nil, 40])
        samples.memoryUsedBytes = UInt64Column([1, 2])
        samples.powerWatts = DoubleColumn([300, nil])
        samples.temperatureC = DoubleColumn([70, nil])
        samples.cpuLimitCores = DoubleColumn([nil, 1.5])
        samples.memoryLimitBytes = UInt64Column([3, 4])
        samples.diskReadBytes = UInt64Column([nil, 5])
        samples.diskWrittenBytes = UInt64Column([nil, 6])
        samples.networkReceivedBytes = UInt64Column([nil, 7])
        samples.networkSentBytes = UInt64Column([nil, UInt64(Int64.max)])
        var recorded = Recorded()
        recorded.add(batch(.systemSamples(samples), count: 2), from: 0)
        #expect(recorded.samples.map(\.device) == ["gpu0", "cpu"])
        #expect(recorded.samples.map(\.instance) == [instance, instance])
        #expect(recorded.samples.map(\.utilization) == [nil, 40])
        #expect(recorded.samples.map(\.memoryUsed) == [1, 2])
        #expect(recorded.samples.map(\.power) == [300, nil])
        #expect(recorded.samples.map(\.temperature) == [70, nil])
        #expect(recorded.samples.map(\.cpuLimit) == [nil, 1.5])
        #expect(recorded.samples.map(\.memoryLimit) == [3, 4])
        #expect(recorded.samples.map(\.diskRead) == [nil, 5])
        #expect(recorded.samples.map(\.diskWritten) == [nil, 6])
        #expect(recorded.samples.map(\.networkReceived) == [nil, 7])
        #expect(recorded.samples.map(\.networkSent) == [nil, .max])
    }
}
