import HyperstepRecorder
import HyperstepWire
import Testing

@testable import HyperstepShipper

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("Samples of the machine, one to a slot, become one batch")
struct SampleSourceTests {
    /// A sample in which every column has a value that no other has.
    private static func sample(_ number: Int, device: String) -> SystemSamples {
        var sample = SystemSamples(instanceID: UUID())
        sample.devices = [device]
        (sample.times, sample.deviceIndexes) = ([Int64(number)], [0])
        sample.utilization = DoubleColumn(values: [Double(number) + 0.1])
        sample.memoryUsedBytes = UInt64Column(values: [UInt64(number) + 2])
        sample.powerWatts = DoubleColumn(values: [Double(number) + 0.3])
        sample.temperatureC = DoubleColumn(values: [Double(number) + 0.4])
        sample.cpuLimitCores = DoubleColumn(values: [Double(number) + 0.5])
        sample.memoryLimitBytes = UInt64Column(values: [UInt64(number) + 6])
        sample.diskReadBytes = UInt64Column(values: [UInt64(number) + 7])
        sample.diskWrittenBytes = UInt64Column(values: [UInt64(number) + 8])
        sample.networkReceivedBytes = UInt64Column(values: [UInt64(number) + 9])
        sample.networkSentBytes = UInt64Column(values: [UInt64(number) + 10])
        return sample
    }

    @Test("Every column of every sample comes through, and what is absent stays absent")
    func columns() throws {
        let recorder = try makeRecorder(in: try temporaryDirectory())
        let (instance, run) = (UUID(), UUID())
        let source = SampleSource(ring: recorder.samples, instanceID: instance, runID: run)
        var absent = SystemSamples(instanceID: UUID())
        (absent.devices, absent.times, absent.deviceIndexes) = (["gpu0"], [300], [0])
        let slots = [Self.sample(100, device: "cpu"), absent, Self.sample(200, device: "cpu")]
        let decoded = try slots.map { slot in
            try slot.encoded().withUnsafeBytes { try source.decode($0) }
        }
        var expected = SystemSamples(instanceID: instance, runID: run)
        expected.devices = ["cpu", "gpu0"]
        (expected.times, expected.deviceIndexes) = ([100, 300, 200], [0, 1, 0])
        expected.utilization = DoubleColumn([100.1, nil, 200.1])
        expected.memoryUsedBytes = UInt64Column([102, nil, 202])
        expected.powerWatts = DoubleColumn([100.3, nil, 200.3])
        expected.temperatureC = DoubleColumn([100.4, nil, 200.4])
        expected.cpuLimitCores = DoubleColumn([100.5, nil, 200.5])
        expected.memoryLimitBytes = UInt64Column([106, nil, 206])
        expected.diskReadBytes = UInt64Column([107, nil, 207])
        expected.diskWrittenBytes = UInt64Column([108, nil, 208])
        expected.networkReceivedBytes = UInt64Column([109, nil, 209])
        expected.networkSentBytes = UInt64Column([110, nil, 210])
        #expect(source.records(decoded) == .systemSamples(expected))
    }
}
