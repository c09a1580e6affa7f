import Foundation
import HyperstepWire
import Testing

/// Files that pin the encoding: if one of these changes, collectors and programs in the field no longer
/// understand each other. They are rewritten only on purpose, with HYPERSTEP_WRITE_GOLDEN=1.
@Suite("The encoding is what the golden files say")
struct GoldenTests {
    static func id(_ last: UInt8) -> UUID {
        UUID(uuid: (0, 17, 34, 51, 68, 85, 102, 119, 136, 153, 170, 187, 204, 221, 238, last))
    }

    static var batches: [String: Batch] {
        var full = TrainingSteps(modelID: id(1), runID: id(2), attempt: 3, rank: 4)
        full.times = [1_700_000_000_000_000_000, 1_700_000_000_010_000_000, 1_700_000_000_020_000_000]
        full.steps = [100, 101, 99]
        full.epochs = [7, 7, 8]
        full.batches = [11, 12, 0]
        for column in TrainingColumn.allCases {
            full[column] = DoubleColumn(values: [0.5, Double(column.rawValue), -1e300])
        }
        var sparse = TrainingSteps(modelID: id(1), runID: id(2))
        sparse.times = [0, 1]
        sparse.steps = [.max, .min]
        sparse.epochs = [0, 0]
        sparse.batches = [0, 0]
        sparse[.loss] = DoubleColumn([Double(bitPattern: 0x7FF8_DEAD_BEEF_0001), nil])
        sparse[.accuracy] = DoubleColumn(values: [.infinity, -0.0])
        let started = RunStarted(
            project: "digits", name: "mlp", model: Model(id: id(1), name: "mlp-32", version: "1"),
            parametersJSON: #"{"learning_rate":0.1}"#, tags: ["demo"], host: "box", processID: 42, sdk: "sdk")
        return others.merging([
            "training-steps-full": Batch(
                stream: id(9), firstPosition: 4_096, positionCount: 3, droppedRecords: 5,
                records: .trainingSteps(full)),
            "training-steps-sparse": Batch(
                stream: id(9), firstPosition: 0, positionCount: 4, voidOffsets: [1, 3],
                records: .trainingSteps(sparse)),
            "run-events": Batch(
                stream: id(8), firstPosition: 0, positionCount: 4,
                records: .runEvents([
                    RunEvent(time: 1, runID: id(2), event: .started(started)),
                    RunEvent(time: 2, runID: id(2), event: .changed(parametersJSON: "{}", tags: ["late"])),
                    RunEvent(time: 3, runID: id(2), event: .heartbeat),
                    RunEvent(time: 4, runID: id(2), event: .finished(.finished, reason: "")),
                ])),
            "skip": Batch(
                stream: id(9), firstPosition: 7, positionCount: 1 << 40,
                records: .skip(Skip(reason: .alreadyReleased, detail: "restored"))),
        ]) { $1 }
    }

    @Test("Each kind of batch", arguments: Self.batches.keys.sorted())
    func golden(name: String) throws {
        let batch = try #require(Self.batches[name])
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name).bin")
        if ProcessInfo.processInfo.environment["HYPERSTEP_WRITE_GOLDEN"] != nil {
            try Data(batch.encoded()).write(to: file)
        }
        let pinned = try [UInt8](Data(contentsOf: file))
        #expect(try batch.encoded() == pinned)
        #expect(try Batch(bytes: pinned) == batch)
    }
}
