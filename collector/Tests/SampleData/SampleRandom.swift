#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// SplitMix64: the same data for the same seed, so that what was measured can be measured again.
struct SampleRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// A generator of its own for one run or one process: adding one changes none of the others.
    init(seed: UInt64, _ kind: UInt64, _ index: Int) {
        var root = SampleRandom(seed: seed ^ (kind &* 0xd6e8_feb8_6659_fd93))
        state = root.next() &+ UInt64(index) &* 0x9e37_79b9_7f4a_7c15
        state = next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// In [0, 1).
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * unit() }

    /// Whether something that happens once in `every` times happens now.
    mutating func once(in every: Double) -> Bool { unit() * every < 1 }

    /// Mean 0, deviation 1 (Box and Muller's; one of the pair is thrown away, so that there is no hidden state).
    mutating func normal() -> Double {
        let radius = (-2 * log(1 - unit())).squareRoot()
        return radius * cos(2 * .pi * unit())
    }

    mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int(unit() * Double(values.count))]
    }

    mutating func uuid() -> UUID {
        let (high, low) = (next(), next())
        var bytes = [UInt8](repeating: 0, count: 16)
        for index in 0..<8 {
            bytes[index] = UInt8(truncatingIfNeeded: high >> (8 * UInt64(index)))
            bytes[index + 8] = UInt8(truncatingIfNeeded: low >> (8 * UInt64(index)))
        }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        return bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }
}

/// As a Swift program has it that computes with `Float` tensors: a double with 24 significant bits.
@inline(__always)
func single(_ value: Double) -> Double { Double(Float(value)) }
