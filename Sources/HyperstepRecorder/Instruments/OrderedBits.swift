/// Doubles as words that compare as the numbers do, none of them 0: so that zeroed memory means "none", and the
/// largest of several numbers is the largest word.
enum OrderedBits {
    @inline(__always)
    static func of(_ value: Double) -> UInt64 {
        // One NaN for all: the words of some would be 0.
        let bits = (value.isNaN ? Double.nan : value).bitPattern
        return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
    }

    /// Nil for 0, which no number has.
    static func value(_ word: UInt64) -> Double? {
        if word == 0 { return nil }
        return Double(bitPattern: word >> 63 == 1 ? word & ~(1 << 63) : ~word)
    }
}
