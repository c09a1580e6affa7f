import TestRandom
import Testing

@testable import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("Batches survive the wire")
struct RoundTripTests {
    @Test("Any batch is read back as it was written, bit for bit", arguments: 0..<300 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var generator = Seeded(seed)
        let batch = Batch.random(&generator)
        #expect(try Batch(bytes: batch.encoded()) == batch)
    }

    @Test("A reading's signed zero, NaN and absence arrive as they left")
    func readings() throws {
        let payload = Double(bitPattern: 0x7FF8_DEAD_BEEF_0001)
        for reading in [nil, 0, -0.0, payload, .signalingNaN, -.infinity, 99.5] as [Double?] {
            var window = InferenceWindow(
                time: 0, durationMs: 1, model: Model(id: UUID(), name: "m"), endpoint: "/")
            (window.cpuUsage, window.memoryUsage, window.gpuUtilization) = (reading, nil, reading)
            let records = Batch.Records.inferenceWindows(
                InferenceWindows(instanceID: UUID(), windows: [window]))
            let batch = Batch(stream: UUID(), firstPosition: 0, positionCount: 1, records: records)
            #expect(try Batch(bytes: batch.encoded()) == batch)
        }
    }

    @Test("A full training step takes 80 bytes or fewer")
    func bytesPerStep() throws {
        var steps = TrainingSteps(modelID: UUID(), runID: UUID())
        let rows = 4_096
        steps.times = (0..<rows).map { 1_700_000_000_000_000_000 + Int64($0) * 12_345_678 }
        steps.steps = (0..<rows).map { Int64($0) + 1_000_000 }
        steps.epochs = (0..<rows).map { Int32($0 / 1_000) }
        steps.batches = (0..<rows).map { Int32($0 % 1_000) }
        for column in TrainingColumn.allCases {
            steps[column] = DoubleColumn(values: (0..<rows).map { 1 / Double($0 + 1) })
        }
        let batch = Batch(
            stream: UUID(), firstPosition: 0, positionCount: UInt64(rows), records: .trainingSteps(steps))
        #expect(try Double(batch.encoded().count) / Double(rows) <= 80)
    }

    @Test("Fields that this version does not know are ignored")
    func unknownFields() throws {
        var generator = Seeded(7)
        let batch = Batch.random(&generator)
        // Field 1000, length-delimited, three bytes; and field 999, a varint.
        let later: [UInt8] = [0xC2, 0x3E, 3, 1, 2, 3, 0xB8, 0x3E, 42]
        #expect(try Batch(bytes: batch.encoded() + later) == batch)
        #expect(try Batch(bytes: later + batch.encoded()) == batch)
    }

    @Test("A bitmap of ones means the same as no bitmap")
    func fullBitmap() throws {
        var steps = TrainingSteps(modelID: UUID(), runID: UUID())
        steps.times = [1, 2]
        steps.steps = [1, 2]
        steps.epochs = [0, 0]
        steps.batches = [0, 0]
        steps[.loss] = DoubleColumn(values: [1, 2], presence: [0b11])
        let batch = Batch(stream: UUID(), firstPosition: 0, positionCount: 2, records: .trainingSteps(steps))
        guard case .trainingSteps(let read) = try Batch(bytes: batch.encoded()).records else {
            Issue.record("another kind of records came back")
            return
        }
        #expect(read[.loss] == DoubleColumn(values: [1, 2]))
    }

    @Test("Run events, identities and answers are read back as they were written")
    func others() throws {
        var generator = Seeded(11)
        for _ in 0..<100 {
            let event = RunEvent.random(&generator)
            #expect(try event.encoded().withUnsafeBytes { try RunEvent(decoding: $0) } == event)
            let experiment = ExperimentEvent.random(&generator)
            let bytes = try experiment.encoded()
            #expect(try bytes.withUnsafeBytes { try ExperimentEvent(decoding: $0) } == experiment)
        }
        let identity = RecorderIdentity(
            modelID: UUID(), runID: UUID(), attempt: 3, rank: 1, project: "p", runName: "r", modelName: "m",
            sdk: "s")
        #expect(try identity.encoded().withUnsafeBytes { try RecorderIdentity(decoding: $0) } == identity)
        let serving = RecorderIdentity(
            modelID: nil, runID: nil, project: "", runName: "", modelName: "m", sdk: "s", instanceID: UUID())
        #expect(try serving.encoded().withUnsafeBytes { try RecorderIdentity(decoding: $0) } == serving)
        let ack = IngestAck(stream: UUID(), nextPosition: .max, rejectedReason: "because", rejectedCount: 7)
        #expect(try ack.encoded().withUnsafeBytes { try IngestAck(decoding: $0) } == ack)
        let error = IngestError(field: "a.b", reason: "no", nextPosition: 9)
        #expect(try error.encoded().withUnsafeBytes { try IngestError(decoding: $0) } == error)
    }

    @Test("Text with a NUL, which no database stores, arrives whole with the NUL replaced")
    func nulInText() throws {
        let event = RunEvent(time: 0, runID: UUID(), event: .finished(.failed, reason: "a\0b"))
        let read = try event.encoded().withUnsafeBytes { try RunEvent(decoding: $0) }
        #expect(read.event == .finished(.failed, reason: "a\u{FFFD}b"))
    }
}
