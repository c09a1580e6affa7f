/// A sum of numbers as four words of 32 bits each, with room to carry: word *i* is worth 2^(32·i − 64). Adding a
/// number adds a part of it to one, two or three of them, whoever adds at the same time; nothing is rounded, so
/// that neither the order nor an earlier, larger number changes what is added later.
///
/// What lies beyond 2^64 counts as that; what is below 2^-64 of a number is cut off. Words wrap, and the difference
/// to an earlier state of them is exact as long as less than 2^31 numbers were added in between. So only differences
/// are numbers; whoever takes them adds them up (``total(_:plus:)``).
enum ExactSum {
    static let words = 4
    static let zero = [UInt64](repeating: 0, count: words)

    /// The largest number below 2^64.
    private static let largest = 0x1.fffffffffffffp63

    /// Gives what a finite number adds to each word that it changes.
    @inline(__always)
    static func parts(of value: Double, _ add: (_ word: Int, _ amount: UInt64) -> Void) {
        let bits = min(value.magnitude, largest).bitPattern
        let exponent = Int(truncatingIfNeeded: bits &>> 52)
        var mantissa = bits & (1 << 52 - 1) | (exponent > 0 ? 1 << 52 : 0)
        // How far the last bit of the mantissa lies above 2^-64: at most 75.
        var place = max(exponent, 1) &- 1_075 &+ 64
        if place < 0 {
            mantissa = mantissa >> UInt64(-place)
            place = 0
        }
        let shift = UInt64(truncatingIfNeeded: place & 31)
        let low = mantissa &<< shift
        let high = shift == 0 ? 0 : mantissa &>> (64 &- shift)
        let word = place &>> 5
        let isNegative = value < 0
        give(low & 0xFFFF_FFFF, word, isNegative, add)
        give(low &>> 32, word &+ 1, isNegative, add)
        give(high, word &+ 2, isNegative, add)
    }

    /// The same of an integer.
    @inline(__always)
    static func parts(of value: Int64, _ add: (_ word: Int, _ amount: UInt64) -> Void) {
        give(value.magnitude & 0xFFFF_FFFF, 2, value < 0, add)
        give(value.magnitude &>> 32, 3, value < 0, add)
    }

    @inline(__always)
    private static func give(
        _ part: UInt64, _ word: Int, _ isNegative: Bool, _ add: (_ word: Int, _ amount: UInt64) -> Void
    ) {
        if part != 0 { add(word, isNegative ? 0 &- part : part) }
    }

    /// What words that say a total, and how much words grew since, say together: with carries, so that each but the
    /// highest has 32 bits, and none wraps however long it goes on.
    static func total(_ total: some Collection<UInt64>, plus grown: some Collection<UInt64>) -> [UInt64] {
        var carry: Int128 = 0
        return zip(total, grown).enumerated().map { word, pair in
            let sum = Int128(Int64(bitPattern: pair.0)) + Int128(Int64(bitPattern: pair.1)) + carry
            guard word < words - 1 else { return UInt64(truncatingIfNeeded: sum) }
            carry = sum >> 32
            return UInt64(truncatingIfNeeded: sum) & 0xFFFF_FFFF
        }
    }

    /// The number that words stand for, to the precision of a double.
    static func value(_ words: some Collection<UInt64>) -> Double {
        let signed = words.map { Int128(Int64(bitPattern: $0)) }
        guard signed.count == Self.words else { return 0 }
        // Below the point, and what of it belongs above.
        let below = signed[1] << 32 + signed[0]
        var whole = signed[3] << 32 + signed[2] + below >> 64
        var fraction = UInt64(truncatingIfNeeded: below)
        let isNegative = whole < 0
        // As magnitude, or what is a little below zero would be -1 and nearly 1.
        if isNegative {
            whole = -whole - (fraction == 0 ? 0 : 1)
            fraction = 0 &- fraction
        }
        let magnitude = Double(whole) + Double(fraction) * 0x1p-64
        return isNegative ? -magnitude : magnitude
    }
}
