import Foundation
import HyperstepRecorder
import HyperstepWire
import NIOConcurrencyHelpers
import Testing

@testable import HyperstepShipper

// The limit counts the time that a test waits for its turn among all others: on a slow machine, minutes.
@Suite("A shipper and a collector on a real socket", .timeLimit(.minutes(20)))
struct ShippingTests {
    /// Each position of the steps' stream exactly once, in order, with the right step.
    static func expectEachOnce(_ recorder: Recorder, _ collector: ScriptedCollector, steps: Int) {
        let written = collector.state.withLockedValue { $0.written[recorder.steps.stream] ?? [:] }
        #expect(written.count == steps)
        #expect(written.allSatisfy { $0.value.times == 1 && $0.value.step == Int64($0.key) })
    }

    static func configuration(
        _ directory: String, port: Int?, rows: Int = 64, spoolLimit: UInt64 = 1 << 30,
        windowInterval: Duration = .milliseconds(20)
    ) throws -> ShipperConfiguration {
        ShipperConfiguration(
            endpoint: try port.map { try Endpoint("http://127.0.0.1:\($0)") }, token: "secret",
            directory: directory, flushInterval: .milliseconds(10), spoolLimit: spoolLimit, batchRows: rows,
            windowInterval: windowInterval)
    }

    @Test("All that was recorded is committed, and then the recorder's file is gone")
    func ships() async throws {
        let directory = try temporaryDirectory()
        let collector = ScriptedCollector()
        defer { collector.stop() }
        let shipper = try Shipper.shared(
            try Self.configuration(directory, port: try collector.listen()), logger: quiet)
        let recorder = try makeRecorder(in: directory)
        let shipment = try shipper.attach(recorder)
        recorder.record(steps: 0..<1_000)
        recorder.seal()
        let report = await shipment.finish(deadline: .after(600))
        #expect(report == ShipmentReport(committed: 1_000, spooled: 0, dropped: 0, rejected: 0))
        Self.expectEachOnce(recorder, collector, steps: 1_000)
        #expect(collector.state.withLockedValue(\.authorization) == ["Bearer secret"])
        #expect(!FileManager.default.fileExists(atPath: recorder.path))
    }

    @Test(
        "Whatever the network and the collector do, each record is written exactly once",
        arguments: 0..<12 as Range<UInt64>)
    func faults(seed: UInt64) async throws {
        let directory = try temporaryDirectory()
        let collector = ScriptedCollector()
        defer { collector.stop() }
        collector.misbehave(seed: seed)
        let shipper = try Shipper.shared(
            try Self.configuration(directory, port: try collector.listen()), logger: quiet)
        let recorder = try makeRecorder(in: directory, capacity: 256, whenFull: .wait)
        let shipment = try shipper.attach(recorder, spoolsWhileConnected: seed % 2 == 0)
        await withCheckedContinuation { done in
            Thread.detachNewThread {
                recorder.record(steps: 0..<3_000)
                done.resume()
            }
        }
        recorder.seal()
        let report = await shipment.finish(deadline: .after(600))
        #expect(report == ShipmentReport(committed: 3_000, spooled: 0, dropped: 0, rejected: 0))
        Self.expectEachOnce(recorder, collector, steps: 3_000)
    }

    @Test("While no collector is there the ring is spooled, and sent when one comes")
    func spools() async throws {
        let directory = try temporaryDirectory()
        let collector = ScriptedCollector()
        defer { collector.stop() }
        // A port that is known to be free, since it was had a moment ago.
        let vacating = ScriptedCollector()
        let port = try vacating.listen()
        vacating.stop()
        let shipper = try Shipper.shared(try Self.configuration(directory, port: port), logger: quiet)
        let recorder = try makeRecorder(in: directory, capacity: 256, whenFull: .wait)
        let shipment = try shipper.attach(recorder)
        // Ten times the ring: only spooling makes room.
        recorder.record(steps: 0..<2_560)
        #expect(shipment.report.dropped == 0)
        #expect(shipment.report.spooled == 2_560)
        try collector.listen(port: port)
        recorder.seal()
        let report = await shipment.finish(deadline: .after(600))
        #expect(report == ShipmentReport(committed: 2_560, spooled: 0, dropped: 0, rejected: 0))
        Self.expectEachOnce(recorder, collector, steps: 2_560)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [])
    }

    @Test("With recorder and spool both full the newest are dropped, counted and reported to the collector")
    func drops() async throws {
        let directory = try temporaryDirectory()
        let collector = ScriptedCollector()
        defer { collector.stop() }
        let offline = try Shipper.shared(
            try Self.configuration(directory, port: nil, spoolLimit: 4_096), logger: quiet)
        let recorder = try makeRecorder(in: directory, capacity: 256)
        let shipment = try offline.attach(recorder)
        recorder.record(steps: 0..<50_000)
        recorder.seal()
        let report = await shipment.finish(deadline: .after(600))
        #expect(report.committed == 0)
        #expect(report.dropped > 0)
        #expect(report.spooled + report.dropped == 50_000)
        // Another shipper adopts what the first one gave up.
        let shipper = try Shipper.shared(
            try Self.configuration(directory, port: try collector.listen()), logger: quiet)
        let other = try makeRecorder(in: directory)
        let attached = try shipper.attach(other)
        try await until {
            collector.state.withLockedValue { $0.next[recorder.steps.stream] } == report.spooled
        }
        #expect(collector.state.withLockedValue { $0.dropped[recorder.steps.stream] } == report.dropped)
        other.seal()
        _ = await attached.finish(deadline: .after(600))
        try await until { try FileManager.default.contentsOfDirectory(atPath: directory) == [] }
    }

    @Test("A batch that is refused for good is kept in a file and does not hold up the others")
    func refused() async throws {
        let directory = try temporaryDirectory()
        let collector = ScriptedCollector()
        defer { collector.stop() }
        collector.state.withLockedValue { $0.fault = { _ in .refuse } }
        let shipper = try Shipper.shared(
            try Self.configuration(directory, port: try collector.listen()), logger: quiet)
        let recorder = try makeRecorder(in: directory)
        recorder.record(steps: 0..<640)
        let shipment = try shipper.attach(recorder)
        recorder.seal()
        let report = await shipment.finish(deadline: .after(600))
        #expect(report.rejected > 0)
        #expect(report.committed + report.rejected == 640)
        #expect(collector.state.withLockedValue(\.skips).map(\.reason) == [.refused])
        let kept = try FileManager.default.contentsOfDirectory(atPath: directory + "/set-aside")
        #expect(kept.count == 1)
    }

    @Test("An address that is no collector gives nothing up")
    func wrongAddress() async throws {
        let directory = try temporaryDirectory()
        let collector = ScriptedCollector()
        defer { collector.stop() }
        collector.state.withLockedValue { $0.fault = { $0 < 4 ? .notHyperstep : .none } }
        let shipper = try Shipper.shared(
            try Self.configuration(directory, port: try collector.listen()), logger: quiet)
        let recorder = try makeRecorder(in: directory)
        recorder.record(steps: 0..<100)
        let shipment = try shipper.attach(recorder)
        recorder.seal()
        let report = await shipment.finish(deadline: .after(600))
        #expect(report == ShipmentReport(committed: 100, spooled: 0, dropped: 0, rejected: 0))
    }

    @Test("A database that was replaced is told what it will not get, and gets the rest")
    func replacedDatabase() async throws {
        let directory = try temporaryDirectory()
        let collector = ScriptedCollector()
        defer { collector.stop() }
        let shipper = try Shipper.shared(
            try Self.configuration(directory, port: try collector.listen()), logger: quiet)
        let recorder = try makeRecorder(in: directory)
        let shipment = try shipper.attach(recorder)
        recorder.record(steps: 0..<100)
        try await until { shipment.report.committed == 100 }
        collector.state.withLockedValue {
            $0.next = [:]; $0.written = [:]
        }
        recorder.record(steps: 100..<150)
        recorder.seal()
        let report = await shipment.finish(deadline: .after(600))
        #expect(report == ShipmentReport(committed: 50, spooled: 0, dropped: 0, rejected: 0, missing: 100))
        let (skips, written) = collector.state.withLockedValue {
            ($0.skips, $0.written[recorder.steps.stream] ?? [:])
        }
        #expect(skips.map(\.reason) == [.alreadyReleased])
        #expect(written.keys.sorted() == Array(100..<150))
    }

    @Test("Finishing without a collector ends at the deadline and says what is kept")
    func deadline() async throws {
        let directory = try temporaryDirectory()
        let shipper = try Shipper.shared(try Self.configuration(directory, port: 1), logger: quiet)
        let recorder = try makeRecorder(in: directory)
        recorder.record(steps: 0..<10)
        let shipment = try shipper.attach(recorder)
        recorder.seal()
        let report = await shipment.finish(deadline: .now + .milliseconds(50))
        #expect(report == ShipmentReport(committed: 0, spooled: 10, dropped: 0, rejected: 0))
        #expect(shipment.finishBlocking(deadline: .now) == report)
    }
}

/// Looks again and again until it is so; the suite's time limit ends it when it never is.
func until(_ isSo: () throws -> Bool) async throws {
    while try !isSo() { try await Task.sleep(for: .milliseconds(5)) }
}
