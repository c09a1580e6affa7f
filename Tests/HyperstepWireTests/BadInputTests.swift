import HyperstepWire
import TestRandom
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("Bytes that break the contract are refused by name and never trap")
struct BadInputTests {
    /// A batch that obeys the contract, to be broken.
    static func sound() -> (Batch, TrainingSteps) {
        var steps = TrainingSteps(modelID: UUID(), runID: UUID())
        steps.times = [1, 2, 3]
        steps.steps = [1, 2, 3]
        steps.epochs = [0, 0, 0]
        steps.batches = [0, 0, 0]
        steps[.loss] = DoubleColumn([1, nil, 3])
        let batch = Batch(stream: UUID(), firstPosition: 5, positionCount: 3, records: .trainingSteps(steps))
        return (batch, steps)
    }

    static func field(_ change: (inout Batch, inout TrainingSteps) -> Void) -> String? {
        var (batch, steps) = sound()
        change(&batch, &steps)
        if case .trainingSteps = batch.records { batch.records = .trainingSteps(steps) }
        do {
            _ = try batch.encoded()
            return nil
        } catch { return error.field }
    }

    @Test("Our own encoder refuses what the contract does not allow")
    func encoderRules() {
        #expect(Self.field { _, _ in } == nil)
        #expect(Self.field { batch, _ in batch.positionCount = 0 } == "position_count")
        #expect(Self.field { batch, _ in batch.positionCount = 65_537 } == "position_count")
        #expect(Self.field { batch, _ in batch.firstPosition = .max } == "first_position")
        #expect(Self.field { batch, _ in batch.voidOffsets = [0] } == "training_steps.time")
        #expect(Self.field { batch, _ in batch.voidOffsets = [3] } == "void_offsets")
        #expect(Self.field { batch, _ in batch.voidOffsets = [1, 1] } == "void_offsets")
        #expect(Self.field { _, steps in steps.steps.removeLast() } == "training_steps.step_delta")
        #expect(Self.field { _, steps in steps[.loss].presence = [] } == "training_steps.loss.values")
        #expect(Self.field { _, steps in steps[.loss].presence = [5, 0] } == "training_steps.loss.presence")
        #expect(Self.field { _, steps in steps[.loss].presence = [0b1101] } == "training_steps.loss.presence")
        #expect(Self.field { _, steps in steps[.loss].values.removeLast() } == "training_steps.loss.values")
    }

    @Test("Every truncation of a batch is refused", arguments: 0..<36 as Range<UInt64>)
    func truncations(seed: UInt64) throws {
        var generator = Seeded(seed)
        let choice = Int(seed) % Batch.choices
        let batch = Batch.random(positions: 1...6, choice: choice, &generator)
        let bytes = try batch.encoded()
        for length in 0..<bytes.count {
            #expect(throws: WireError.self, "cut to \(length) bytes") {
                try Batch(bytes: Array(bytes[..<length]))
            }
        }
    }

    @Test(
        "Random bytes and random damage are read or refused, never a trap",
        arguments: 0..<2_000 as Range<UInt64>)
    func damage(seed: UInt64) throws {
        var generator = Seeded(seed)
        var bytes = try Batch.random(&generator).encoded()
        if seed % 3 == 0 {
            bytes = (0..<Int.random(in: 0...300, using: &generator)).map { _ in
                UInt8(truncatingIfNeeded: generator.next())
            }
        }
        for _ in 0..<Int.random(in: 1...8, using: &generator) where !bytes.isEmpty {
            bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8(
                truncatingIfNeeded: generator.next())
        }
        guard let batch = try? Batch(bytes: bytes) else { return }
        // What is accepted obeys the contract: it can be written again.
        #expect(try Batch(bytes: batch.encoded()) == batch)
    }

    @Test("A small body that claims to be huge takes bounded memory")
    func hugeCounts() {
        // run_events (field 17): two million empty events of two bytes each.
        var body: [UInt8] = []
        for _ in 0..<2_000_000 { body += [0x0A, 0x00] }
        var length = body.count
        var prefix: [UInt8] = [0x8A, 0x01]
        while length > 0x7F {
            prefix.append(UInt8(length & 0x7F) | 0x80)
            length >>= 7
        }
        prefix.append(UInt8(length))
        #expect(throws: WireError.self) { try Batch(bytes: prefix + body) }
    }

    @Test("A time before 1970 is refused by name")
    func negativeTime() throws {
        #expect(
            throws: WireError(
                field: "training_steps.time", reason: "expected nanoseconds since 1970, 0 or more, got -1")
        ) {
            var (batch, steps) = Self.sound()
            steps.times[1] = -1
            batch.records = .trainingSteps(steps)
            _ = try Batch(bytes: batch.encoded())
        }
    }
}
