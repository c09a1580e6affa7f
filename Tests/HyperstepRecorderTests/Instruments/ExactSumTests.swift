import TestRandom
import Testing

@testable import HyperstepRecorder

@Suite("Sums of instruments")
struct ExactSumTests {
    private static func sum(_ values: [Double]) -> Double {
        var words = [UInt64](repeating: 0, count: ExactSum.words)
        for value in values { ExactSum.parts(of: value) { words[$0] &+= $1 } }
        return ExactSum.value(words)
    }

    @Test(
        "One number is what it was",
        arguments: [
            0.0, -0.0, 1, -1, 0.1, -0.1, 1 / 3, 0x1p-64, -0x1p-64, 0x1p-60, -0x1.8p-60, 0x1.fffffffffffffp63,
            -0x1.fffffffffffffp63, 4_294_967_295, 4_294_967_296, 0x1p31, 123_456.789, -9.87e18,
        ] as [Double])
    func one(value: Double) { #expect(Self.sum([value]) == value) }

    @Test("What lies beyond the range counts as its end; what is too small counts as nothing")
    func bounds() {
        #expect(Self.sum([1e300]) == 0x1.fffffffffffffp63)
        #expect(Self.sum([-.greatestFiniteMagnitude]) == -0x1.fffffffffffffp63)
        #expect(Self.sum([.leastNonzeroMagnitude, 1e-30, -1e-300]) == 0)
    }

    @Test("A large number does not cost a small one its digits, in any order", arguments: 0..<8)
    func order(seed: UInt64) {
        var generator = Seeded(seed)
        let small = (0..<1_000).map { _ in Double(Int.random(in: -4_096...4_096, using: &generator)) / 4_096 }
        let values = small + [1e300, -1e300, 9e18, -9e18, 1e9, -1e9]
        #expect(Self.sum(values.shuffled(using: &generator)) == small.reduce(0, +))
    }

    @Test("A sum is that of whole numbers, to the last bit that a double has", arguments: 0..<8)
    func exact(seed: UInt64) {
        var generator = Seeded(seed)
        var exact: Int128 = 0
        var words = [UInt64](repeating: 0, count: ExactSum.words)
        for _ in 0..<2_000 {
            let exponent = UInt64.random(in: 0..<52, using: &generator)
            let whole = Int64.random(in: -(1 << 52)...(1 << 52), using: &generator) >> exponent
            exact += Int128(whole)
            ExactSum.parts(of: Double(whole) / 0x1p20) { words[$0] &+= $1 }
            let integer = Int64.random(in: .min ... .max, using: &generator) >> Int64(exponent)
            exact += Int128(integer) << 20
            ExactSum.parts(of: integer) { words[$0] &+= $1 }
        }
        #expect(ExactSum.value(words) == Double(exact) / 0x1p20)
    }

    @Test("Words of numbers are never 0, ascend with them, and lead back", arguments: 0..<4)
    func ordered(seed: UInt64) {
        var generator = Seeded(seed)
        var numbers = (0..<2_000).map { _ in Double(bitPattern: generator.next()) }.filter { !$0.isNaN }
        numbers += [0, -.infinity, .infinity, .leastNonzeroMagnitude, -.greatestFiniteMagnitude]
        numbers.sort()
        let words = numbers.map(OrderedBits.of)
        #expect(!words.contains(0) && zip(words, words.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(zip(numbers, words).allSatisfy { OrderedBits.value($1)?.bitPattern == $0.bitPattern })
        #expect(OrderedBits.value(0) == nil)
        let nan = Double(bitPattern: .max)
        #expect(OrderedBits.of(nan) != 0 && OrderedBits.value(OrderedBits.of(nan))?.isNaN == true)
    }
}
