import HyperstepHistogram
import HyperstepWire
import TestRandom
import Testing

@testable import HyperstepShipper

@Suite("Windows of series in a recorder's slots")
struct SeriesRowTests {
    private static func row(_ generator: inout Seeded) -> SeriesRow {
        var row = SeriesRow()
        row.series = Int.random(in: 0..<8_192, using: &generator)
        row.time = Int64.random(in: 0 ... .max, using: &generator)
        row.durationMs = Double.random(in: 0.001...1e9, using: &generator)
        row.count = UInt64.random(in: 0...WireLimits.maxCount, using: &generator)
        row.nonFiniteCount = UInt64.random(in: 0...9, using: &generator)
        row.numbers = (0..<4).map { _ in
            Bool.random(using: &generator) ? Double(Int64(bitPattern: generator.next())) : nil
        }
        let buckets = Set(
            (0..<Int.random(in: 0...300, using: &generator)).map { _ in
                Int16.random(in: -8_192...8_192, using: &generator)
            }
        ).sorted()
        let counts = buckets.map { _ in UInt64.random(in: 1...1 << 50, using: &generator) }
        row.histogram = ValueHistogram(buckets: buckets, counts: counts) ?? ValueHistogram()
        return row
    }

    @Test("A window comes back as it was", arguments: 0..<8)
    func roundTrip(seed: UInt64) throws {
        var generator = Seeded(seed)
        for _ in 0..<100 {
            let row = Self.row(&generator)
            #expect(try row.encoded().withUnsafeBytes { try SeriesRow(decoding: $0) } == row)
        }
    }

    @Test("A block of the largest counts fits a slot with all else")
    func largest() {
        var row = SeriesRow()
        let buckets = (8_129...8_192).map { Int16($0) }
        row.histogram = ValueHistogram(
            buckets: buckets, counts: buckets.map { _ in .max })!
        #expect(row.encoded().count <= 2_032)
    }

    @Test("Damaged bytes are refused or read as a window that the contract allows", arguments: 0..<8)
    func damage(seed: UInt64) {
        var generator = Seeded(seed)
        var refused = 0
        for _ in 0..<300 {
            var bytes = Self.row(&generator).encoded()
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8(
                    truncatingIfNeeded: generator.next())
            }
            bytes.removeLast(Int.random(in: 0..<min(9, bytes.count), using: &generator))
            do {
                let row = try bytes.withUnsafeBytes { try SeriesRow(decoding: $0) }
                #expect(row.count <= WireLimits.maxCount && row.durationMs > 0 && row.time >= 0)
                #expect(row.histogram.count <= WireLimits.maxCount)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 0)
    }
}
