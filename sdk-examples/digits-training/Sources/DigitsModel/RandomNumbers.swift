/// SplitMix64: the same seed gives the same numbers, so that a training can be repeated.
struct RandomNumbers: RandomNumberGenerator {
    /// What numbers are drawn for. Each use has a sequence of its own, so that an epoch's order depends on seed and
    /// epoch alone: a training that goes on from a checkpoint needs not draw again what it drew before.
    enum Use {
        case split
        case weights
        case order(epoch: Int)

        fileprivate var number: UInt64 {
            switch self {
            case .split: 0
            case .weights: 1
            case .order(let epoch): 2 &+ UInt64(bitPattern: Int64(epoch))
            }
        }
    }

    private var state: UInt64

    init(seed: UInt64, for use: Use) {
        // Sequences whose states are near each other would overlap: each begins at a mixed place.
        state = Self.mixed(Self.mixed(seed) ^ use.number)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mixed(state)
    }

    private static func mixed(_ number: UInt64) -> UInt64 {
        var mixed = number
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
