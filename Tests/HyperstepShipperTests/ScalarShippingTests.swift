import Foundation
import HyperstepRecorder
import HyperstepWire
import NIOConcurrencyHelpers
import Testing

@testable import HyperstepShipper

@Suite("Scalars on their way to a collector", .timeLimit(.minutes(20)))
struct ScalarShippingTests {
    @Test(
        "Whatever the network and the collector do, each value is written exactly once under its name",
        arguments: 0..<6 as Range<UInt64>)
    func faults(seed: UInt64) async throws {
        let directory = try temporaryDirectory()
        let collector = ScriptedCollector()
        defer { collector.stop() }
        collector.misbehave(seed: seed)
        let shipper = try Shipper.shared(
            try ShippingTests.configuration(directory, port: try collector.listen()), logger: quiet)
        let recorder = try makeRecorder(in: directory) {
            $0.scalarCapacity = 128
            $0.whenFull = .wait
        }
        let shipment = try shipper.attach(recorder, spoolsWhileConnected: seed % 2 == 0)
        await withTaskGroup { group in
            for thread in 0..<2 { group.addTask { await Self.record(600, thread, into: recorder) } }
        }
        recorder.seal()
        let report = await shipment.finish(deadline: .after(600))
        #expect(report.others[.scalars] == StreamReport(committed: 1_200))
        let written = collector.state.withLockedValue { $0.scalars[recorder.scalars.stream] ?? [:] }
        #expect(written.count == 1_200 && written.allSatisfy { $0.value.count == 1 })
        for thread in 0..<2 {
            let own = written.sorted { $0.key < $1.key }.compactMap(\.value.first)
                .filter { $0.metric == Metric(name: "thread/\(thread)", unit: "1") }
            #expect(own.map(\.step) == Array(0..<600))
            #expect(own.allSatisfy { $0.value == Double($0.step) / 3 })
        }
        #expect(!FileManager.default.fileExists(atPath: recorder.path))
    }

    private static func record(_ count: Int64, _ thread: Int, into recorder: Recorder) async {
        await withCheckedContinuation { done in
            Thread.detachNewThread {
                let metric = recorder.names.intern(name: "thread/\(thread)", unit: "1")!
                for step in 0..<count {
                    recorder.scalars.record(
                        ScalarRecord(time: step, metric: metric, value: Double(step) / 3, step: step))
                }
                done.resume()
            }
        }
    }

    @Test("A batch ends where the next value would name one metric too many")
    func manyNames() throws {
        let recorder = try makeRecorder(in: try temporaryDirectory()) {
            $0.scalarCapacity = 16_384
            $0.nameCapacity = 8_192
        }
        let names = WireLimits.maxMetrics + 100
        for number in 0..<names {
            let metric = try #require(recorder.names.intern(name: "m\(number)", unit: ""))
            recorder.scalars.record(ScalarRecord(time: 1, metric: metric, value: 1, step: Int64(number)))
        }
        let reader = try #require(try recorder.streams(spoolLimit: 1 << 30).first)
        let first = try #require(try reader.piece(from: 0, limit: 65_536))
        #expect(first.last == UInt64(WireLimits.maxMetrics))
        let second = try #require(try reader.piece(from: first.last, limit: 65_536))
        #expect(second.last == UInt64(names))
        let batch = try second.bytes.withUnsafeBytes { try Batch(decoding: $0) }
        guard case .scalars(let scalars) = batch.records else {
            Issue.record("not scalars: \(batch)")
            return
        }
        #expect(scalars.count == 100 && scalars.metrics.last?.name == "m\(names - 1)")
    }

    @Test("Names that only look alike are two metrics of one batch")
    func lookAlike() throws {
        let recorder = try makeRecorder(in: try temporaryDirectory()) { $0.scalarCapacity = 64 }
        let names = ["caf\u{E9}", "cafe\u{301}"]
        for step in 0..<4 {
            let metric = try #require(recorder.names.intern(name: names[step % 2], unit: ""))
            recorder.scalars.record(ScalarRecord(time: 1, metric: metric, value: 1, step: Int64(step)))
        }
        let reader = try #require(try recorder.streams(spoolLimit: 1 << 30).first)
        let piece = try #require(try reader.piece(from: 0, limit: 100))
        let batch = try piece.bytes.withUnsafeBytes { try Batch(decoding: $0) }
        guard case .scalars(let scalars) = batch.records else {
            Issue.record("not scalars: \(batch)")
            return
        }
        #expect(scalars.metrics.map { Array($0.name.utf8) } == names.map { Array($0.utf8) })
        #expect(scalars.metricIndexes == [0, 1, 0, 1])
    }

    @Test("A value whose name cannot be read is a void position; the others keep theirs")
    func nameless() throws {
        let recorder = try makeRecorder(in: try temporaryDirectory()) { $0.scalarCapacity = 64 }
        let metric = try #require(recorder.names.intern(name: "known", unit: "s"))
        for step in 0..<4 as Range<Int64> {
            let id = step % 2 == 0 ? metric : MetricID(rawValue: 77)
            recorder.scalars.record(ScalarRecord(time: -1, metric: id, value: 1, step: step))
        }
        let reader = try #require(try recorder.streams(spoolLimit: 1 << 30).first)
        let piece = try #require(try reader.piece(from: 0, limit: 100))
        let batch = try piece.bytes.withUnsafeBytes { try Batch(decoding: $0) }
        #expect(batch.positionCount == 4 && batch.voidOffsets == [1, 3])
        guard case .scalars(let scalars) = batch.records else {
            Issue.record("not scalars: \(batch)")
            return
        }
        #expect(scalars.steps == [0, 2] && scalars.times == [0, 0])
        #expect(scalars.metrics == [Metric(name: "known", unit: "s")])
    }
}
