import Foundation
import HyperstepRecorder
import HyperstepWire
import Logging
import NIOConcurrencyHelpers
import Testing

@testable import HyperstepShipper

@Suite("Records of which no batch can be made")
struct UnsendableTests {
    /// Makes of some events what the contract has no form for, as a mistake in the SDK would.
    private struct BrokenSource: RingSource {
        let ring: EventRing
        var kind: StreamKind { .experiments }

        func batch(from position: UInt64, limit: Int) -> Batch? {
            var batch = ExperimentSource(ring: ring).batch(from: position, limit: limit)
            guard case .experimentEvents(var events) = batch?.records else { return batch }
            for index in events.indices where events[index].workerID == "bad" { events[index].status = "" }
            batch?.records = .experimentEvents(events)
            return batch
        }
    }

    /// A recorder with 40 events, of which some are broken.
    private struct Scene {
        let recorder: Recorder
        let reader: StreamReader
        let broken: [UInt64]

        init(broken: [UInt64]) throws {
            self.broken = broken
            let directory = try temporaryDirectory()
            recorder = try makeRecorder(in: directory) { $0.experimentCapacity = 64 }
            for number in 0..<40 as Range<UInt64> {
                let event = ExperimentEvent(
                    time: Int64(number), experimentID: UUID(), modelID: UUID(), status: "running",
                    workerID: broken.contains(number) ? "bad" : "good")
                recorder.experiments.record(try event.encoded())
            }
            let source = BrokenSource(ring: recorder.experiments)
            reader = try StreamReader(
                ring: source,
                spool: Spool(
                    directory: RecorderDirectory(path: directory), recorder: recorder.id,
                    stream: source.stream,
                    budget: SpoolBudget(limit: 1 << 30)))
        }

        /// Where there are skips when all is read from the beginning, and how many events come.
        func read() throws -> (skipped: [UInt64], events: [Int64]) {
            var (skipped, events): ([UInt64], [Int64]) = ([], [])
            var position = reader.start
            while let piece = try reader.piece(from: position, limit: 100) {
                #expect(piece.first == position)
                let batch = try piece.bytes.withUnsafeBytes { try Batch(decoding: $0) }
                switch batch.records {
                case .experimentEvents(let some): events += some.map(\.time)
                case .skip: skipped += Array(batch.firstPosition..<batch.lastPosition)
                default: Issue.record("something else came")
                }
                position = piece.last
            }
            #expect(position == 40)
            return (skipped, events)
        }

        func expectOthers() throws {
            let found = try read()
            #expect(found.skipped == broken)
            #expect(found.events == (0..<40).filter { !broken.contains(UInt64($0)) })
        }
    }

    @Test(
        "They alone are skipped, and each is told of once, however often it is read",
        arguments: [[], [0], [39], [17], [3, 4, 31], Array(0..<40)] as [[UInt64]])
    func alone(broken: [UInt64]) throws {
        let scene = try Scene(broken: broken)
        var told: [UInt64] = []
        scene.reader.onUnsendable = { position, reason in
            told.append(position)
            #expect(reason.contains("status"))
        }
        for _ in 0..<3 { try scene.expectOthers() }
        #expect(told == broken)
    }

    @Test("Spooled, they are skips in the spool's files")
    func spooled() throws {
        let scene = try Scene(broken: [5, 6, 20])
        #expect(try scene.reader.spoolRing(limit: 100))
        #expect(scene.recorder.experiments.level.fill <= 0.25)
        try scene.expectOthers()
    }

    @Test("They are counted as refused, and the log says it once")
    func counted() throws {
        let scene = try Scene(broken: [5, 6, 20])
        let lines = NIOLockedValueBox<[String]>([])
        let logger = Logger(label: "test") { _ in LineLog(lines: lines) }
        let progress = StreamProgress()
        let shipper = StreamShipper(
            reader: scene.reader, link: nil, setAside: SetAside(directory: "/nonexistent", limit: 0),
            limits: ShipperConfiguration(endpoint: nil, directory: "/nonexistent"),
            progress: progress, logger: logger)
        shipper.spool()
        try scene.expectOthers()
        #expect(progress.rejected == 3)
        #expect(lines.withLockedValue(\.self).map { $0.prefix(5) } == ["error"])
        // What the collector has by then is not all committed records.
        progress.committed(upTo: 40)
        #expect(progress.committed == 37)
    }
}

/// Lines of a log, each with its level.
private struct LineLog: LogHandler {
    let lines: NIOLockedValueBox<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.withLockedValue { $0.append("\(event.level) \(event.message)") }
    }
}
