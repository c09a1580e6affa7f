import TestRandom
import Testing

@testable import HyperstepRecorder

/// Seeded damage of every kind. Nothing may crash, hang, or offer a record that was never recorded.
@Suite("Recovery from arbitrary bytes")
struct RecoveryFuzzTests {
    @Test("Random bytes of any length are set aside or offer nothing", arguments: 0..<8)
    func noise(seed: UInt64) throws {
        try withDirectory { directory in
            var generator = Seeded(seed)
            let sample = try Sample(directory)
            for _ in 0..<20 {
                let length = Int.random(in: 0...200_000, using: &generator)
                try write(
                    (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }, to: sample.path)
                #expect(try directory.adopt(sample.id).report != nil)
            }
        }
    }

    @Test(
        "Nonsense in the cursors: every record still offered is whole and in its place, and it is reported",
        arguments: 0..<8)
    func cursors(seed: UInt64) throws {
        try withDirectory { directory in
            var generator = Seeded(seed)
            let sample = try Sample(directory)
            for _ in 0..<100 {
                var damaged = sample.whole
                let tail = Self.nonsense(&generator)
                let released = Self.nonsense(&generator)
                damaged.withUnsafeMutableBytes {
                    $0.storeBytes(of: tail, toByteOffset: FileLayout.cursorsOffset, as: UInt64.self)
                    $0.storeBytes(of: released, toByteOffset: FileLayout.cursorsOffset + 128, as: UInt64.self)
                }
                try write(damaged, to: sample.path)
                let orphan = try #require(try directory.adopt(sample.id).recorder)
                let (reading, records) = orphan.steps.all()
                #expect(records.allSatisfy { $0.1 == .numbered(Int($0.0)) })
                #expect(reading.positions.count <= 64)
                let end = tail & ~RingCore.sealedBit
                if end < 70 || end > 1 << 61 || released > end || end - released > 64 {
                    #expect(!orphan.reports.isEmpty, "tail \(tail), released \(released)")
                    // All that had not been released is there, unless the cursor says that it was.
                    if released < 6 || released > 70 { #expect(records.map(\.0) == Array(6..<70)) }
                }
                // Whatever was offered can be released and removed.
                orphan.steps.release(upTo: orphan.steps.level.end)
                orphan.events.release(upTo: orphan.events.level.end)
                try orphan.remove()
            }
        }
    }

    private static func nonsense(_ generator: inout Seeded) -> UInt64 {
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: 0
        case 1: .max
        case 2: UInt64.random(in: 0...200, using: &generator)
        case 3: RingCore.sealedBit | UInt64.random(in: 0...200, using: &generator)
        default: generator.next()
        }
    }

    @Test("Overwritten slots become voids; the others are offered as they were", arguments: 0..<8)
    func slots(seed: UInt64) throws {
        try withDirectory { directory in
            var generator = Seeded(seed)
            let sample = try Sample(directory)
            let slots = FileLayout.cursorsOffset + FileLayout.cursorsBytes
            for _ in 0..<50 {
                var damaged = sample.whole
                var hit: Set<UInt64> = []
                for _ in 0..<Int.random(in: 1...8, using: &generator) {
                    // Not the last: then the voids would be at the end, which is no part of the stream.
                    let position = UInt64.random(in: 10..<69, using: &generator)
                    let sequence = generator.next()
                    guard sequence != position + 1 else { continue }
                    hit.insert(position)
                    damaged.withUnsafeMutableBytes {
                        $0.storeBytes(
                            of: sequence, toByteOffset: slots + Int(position & 63) * 128, as: UInt64.self)
                    }
                }
                try write(damaged, to: sample.path)
                let orphan = try #require(try directory.adopt(sample.id).recorder)
                #expect(!orphan.reports.isEmpty)
                let (reading, records) = orphan.steps.all()
                #expect(records.map(\.0) == (10..<70).filter { !hit.contains($0) })
                #expect(Set(reading.voidOffsets.map { UInt64($0) + reading.positions.lowerBound }) == hit)
            }
        }
    }

    @Test("Flips and cuts anywhere in the file", arguments: 0..<16)
    func anywhere(seed: UInt64) throws {
        try withDirectory { directory in
            var generator = Seeded(seed)
            let sample = try Sample(directory)
            for _ in 0..<30 {
                var damaged = sample.whole
                for _ in 0..<Int.random(in: 1...64, using: &generator) {
                    let offset = Int.random(in: damaged.indices, using: &generator)
                    damaged[offset] = UInt8.random(in: 0...255, using: &generator)
                }
                if Bool.random(using: &generator) {
                    damaged.removeLast(Int.random(in: 0..<damaged.count, using: &generator))
                }
                try write(damaged, to: sample.path)
                guard let orphan = try directory.adopt(sample.id).recorder else { continue }
                #expect(orphan.steps.all().reading.positions.count <= 64)
                #expect(orphan.events.all().payloads.allSatisfy { $0.count <= EventRing.maximumPayload })
            }
        }
    }
}
