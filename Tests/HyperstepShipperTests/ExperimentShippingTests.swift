import Foundation
import HyperstepRecorder
import HyperstepWire
import NIOConcurrencyHelpers
import Testing

@testable import HyperstepShipper

@Suite("Rows of experiments on their way to a collector", .timeLimit(.minutes(10)))
struct ExperimentShippingTests {
    @Test(
        "Whatever the network and the collector do, each row is written exactly once, bit for bit",
        arguments: 0..<4 as Range<UInt64>)
    func faults(seed: UInt64) async throws {
        let directory = try temporaryDirectory()
        let collector = ScriptedCollector()
        defer { collector.stop() }
        collector.misbehave(seed: seed)
        let shipper = try Shipper.shared(
            try ShippingTests.configuration(directory, port: try collector.listen(), rows: 8), logger: quiet)
        let recorder = try makeRecorder(in: directory) {
            $0.experimentCapacity = 16
            $0.whenFull = .wait
        }
        let shipment = try shipper.attach(recorder)
        let experiment = UUID()
        let rows = (0..<100).map { number in
            ExperimentEvent(
                time: Int64(number), experimentID: experiment, modelID: UUID(),
                parametersJSON: #"{"number":\#(number)}"#, metricsJSON: "{}", status: "running",
                workerID: "w", gpuID: "")
        }
        await withCheckedContinuation { done in
            Thread.detachNewThread {
                for row in rows { recorder.experiments.record((try? row.encoded()) ?? []) }
                done.resume()
            }
        }
        recorder.seal()
        let report = await shipment.finish(deadline: .after(600))
        #expect(report.others[.experiments] == StreamReport(committed: 100))
        let written = collector.state.withLockedValue { $0.experiments[recorder.experiments.stream] ?? [:] }
        #expect(written.count == 100)
        for (position, row) in rows.enumerated() { #expect(written[UInt64(position)] == [row]) }
        #expect(!FileManager.default.fileExists(atPath: recorder.path))
    }
}
