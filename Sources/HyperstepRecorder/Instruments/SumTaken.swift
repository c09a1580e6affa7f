/// What a window has of its series' sum, and what its snapshot keeps of it.
struct SumTaken {
    /// By how much it grew, less what was taken back; nil where that is not known.
    let growth: Double?
    /// ``ExactSum`` of all numbers since the last reset.
    let total: [UInt64]
    /// Whether `total` is not that.
    let isTotalLost: Bool
    /// Up to which reset it accounts.
    let resets: UInt64

    /// More numbers than this between two windows, and a word of the sum may have wrapped.
    private static let mostSummed: UInt64 = 1 << 31

    /// Of a window with `count` finite numbers more than a snapshot; of an orphan whose sums are lost nothing.
    init(of totals: InstrumentTotals, since snapshot: InstrumentSnapshot, count: UInt64) {
        let isKnown = count < Self.mostSummed && !totals.isSumLost
        let words = totals.words[InstrumentWord.sum]
        resets = totals.reset.number
        if resets == snapshot.resets {
            let grown = zip(words, snapshot.words[InstrumentWord.sum]).map { $0 &- $1 }
            total = ExactSum.total(snapshot.total, plus: grown)
            isTotalLost = snapshot.isTotalLost || !isKnown
            growth = isKnown ? ExactSum.value(grown) : nil
        } else {
            total = ExactSum.total(ExactSum.zero, plus: zip(words, totals.reset.base).map { $0 &- $1 })
            isTotalLost = !isKnown
            // So that the windows' sums add up to what it stands at.
            let back = snapshot.total.map { 0 &- $0 }
            growth =
                isKnown && !snapshot.isTotalLost ? ExactSum.value(ExactSum.total(total, plus: back)) : nil
        }
    }

    /// What a snapshot has.
    init(_ snapshot: InstrumentSnapshot) {
        growth = nil
        total = Array(snapshot.total)
        isTotalLost = snapshot.isTotalLost
        resets = snapshot.resets
    }
}
