import HyperstepWire
import TestRandom

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Batches of every shape the contract allows.
extension Batch {
    /// How many choices of records `random` has; the same kind can be several.
    static let choices = 14

    static func random(
        positions range: ClosedRange<Int> = 1...200, choice: Int? = nil, _ generator: inout Seeded
    ) -> Batch {
        let positions = Int.random(in: range, using: &generator)
        let voids = (0..<UInt32(positions)).filter { _ in Int.random(in: 0..<20, using: &generator) == 0 }
        let rows = positions - voids.count
        let records: Records =
            switch choice ?? Int.random(in: 0..<choices, using: &generator) {
            case 0: .skip(Skip(reason: .refused, detail: .random(0...20, &generator)))
            case 1: .runEvents((0..<rows).map { _ in .random(&generator) })
            case 2, 3: .scalars(.random(rows: rows, &generator))
            case 4, 5: .inferenceWindows(.random(rows: rows, &generator))
            case 6, 7: .systemSamples(.random(rows: rows, &generator))
            case 12, 13: .seriesWindows(.random(rows: rows, &generator))
            case 8: .experimentEvents((0..<rows).map { _ in .random(&generator) })
            default: .trainingSteps(.random(rows: rows, &generator))
            }
        return Batch(
            stream: .random(&generator),
            firstPosition: .random(in: 0...WireLimits.maxPosition / 2, using: &generator),
            positionCount: UInt64(positions), voidOffsets: voids,
            droppedRecords: .random(in: 0...UInt64.max, using: &generator), records: records)
    }
}

extension TrainingSteps {
    static func random(rows: Int, _ generator: inout Seeded) -> TrainingSteps {
        var steps = TrainingSteps(
            modelID: .random(&generator), runID: .random(&generator),
            attempt: .random(in: 0...Int16.max, using: &generator),
            rank: .random(in: 0...Int16.max, using: &generator))
        steps.times = (0..<rows).map { _ in .random(in: 0...Int64.max, using: &generator) }
        steps.steps = (0..<rows).map { _ in .random(in: Int64.min...Int64.max, using: &generator) }
        let counted = Bool.random(using: &generator)
        steps.epochs = (0..<rows).map { _ in
            counted ? .random(in: Int32.min...Int32.max, using: &generator) : 0
        }
        steps.batches = (0..<rows).map { _ in
            counted ? .random(in: Int32.min...Int32.max, using: &generator) : 0
        }
        for column in TrainingColumn.allCases {
            steps[column] = .random(rows: rows, &generator) { .randomBits(&$0) }
        }
        return steps
    }
}

extension RunEvent {
    static func random(_ generator: inout Seeded) -> RunEvent {
        let event: Event =
            switch Int.random(in: 0..<4, using: &generator) {
            case 0:
                .started(
                    RunStarted(
                        project: .random(1...60, &generator), name: .random(1...60, &generator),
                        model: Model(
                            id: .random(&generator), name: .random(1...60, &generator), version: "2"),
                        parametersJSON: #"{"learning_rate":0.1}"#, tags: ["a", "ü"], host: "box",
                        processID: .random(in: 0...UInt64.max, using: &generator), sdk: "test",
                        fromStep: Bool.random(using: &generator)
                            ? .random(in: Int64.min...Int64.max, using: &generator) : nil))
            case 1: .finished(.failed, reason: .random(0...60, &generator))
            case 2: .changed(parametersJSON: "{}", tags: [])
            default: .heartbeat
            }
        return RunEvent(
            time: .random(in: 0...Int64.max, using: &generator), runID: .random(&generator),
            attempt: .random(in: 0...Int16.max, using: &generator), rank: 0, event: event)
    }
}

extension UUID {
    static func random(_ generator: inout Seeded) -> UUID {
        withUnsafeBytes(of: (generator.next(), generator.next())) { bytes in
            UUID(uuid: bytes.loadUnaligned(as: uuid_t.self))
        }
    }
}

extension String {
    static func random(_ length: ClosedRange<Int>, _ generator: inout Seeded) -> String {
        String(
            (0..<Int.random(in: length, using: &generator)).map { _ in
                "abcé/ 🙂".randomElement(using: &generator)!
            })
    }
}

extension Double {
    /// Any 64 bits: signalling NaNs, infinities and subnormals among them.
    static func randomBits(_ generator: inout Seeded) -> Double {
        let special: [Double] = [.nan, .signalingNaN, .infinity, -.infinity, -0.0, .leastNonzeroMagnitude]
        return Int.random(in: 0..<4, using: &generator) == 0
            ? special.randomElement(using: &generator)! : Double(bitPattern: generator.next())
    }
}

extension Batch {
    init(bytes: [UInt8]) throws(WireError) {
        // `withUnsafeBytes` rethrows untyped; a result carries the type across.
        self = try bytes.withUnsafeBytes { bytes in
            Result { () throws(WireError) in try Batch(decoding: bytes) }
        }.get()
    }
}
