import Synchronization

/// The least, the most and the last number of an interval, which cannot be told by a difference as counts can.
///
/// Each stripe has two banks of them. Writers use the one of the series' epoch. When a window is taken the epoch
/// moves on, so that the bank behind it stands still and can be read; the snapshot that becomes valid with the
/// window says that it was taken. So a kill leaves it either in the window or in its bank. A writer that was held
/// up between reading the epoch and writing may write to the bank behind: that is carried over to the next window
/// (`sweep`), as its count may be. The window has what is in the other bank by then as well, since it may have
/// its count.
struct Extremes: Equatable {
    private(set) var most: UInt64 = 0
    private(set) var negatedLeast: UInt64 = 0
    private(set) var last: UInt64 = 0
    /// Each stripe's last number, of one epoch.
    private var lasts = [UInt64](repeating: 0, count: StripePicker.stripes)

    /// None.
    init() {}

    /// Those of one epoch.
    init(_ place: InstrumentSeriesPlace, epoch: UInt64) {
        let bank = InstrumentWord.bank(epoch)
        for stripe in 0..<StripePicker.stripes {
            func word(_ number: Int) -> UInt64 {
                place.word(bank + number, stripe: stripe).pointee.load(ordering: .relaxed)
            }
            let last = word(2)
            merge(most: word(0), negatedLeast: word(1), last: last)
            lasts[stripe] = last
        }
    }

    mutating func merge(_ other: Extremes) {
        merge(most: other.most, negatedLeast: other.negatedLeast, last: other.last)
    }

    /// Leaves the least and the most out.
    mutating func forgetRange() { (most, negatedLeast) = (0, 0) }

    /// Whether a stripe's last number is this one.
    func hasLast(_ word: UInt64, of stripe: Int) -> Bool { lasts[stripe] == word }

    /// Of several stripes' last numbers one is as good as another.
    private mutating func merge(most: UInt64, negatedLeast: UInt64, last: UInt64) {
        self.most = max(self.most, most)
        self.negatedLeast = max(self.negatedLeast, negatedLeast)
        if self.last == 0 { self.last = last }
    }
}

extension InstrumentSeriesPlace {
    /// Ends an epoch, before a living program's taker sums up counters.
    func turnEpoch() {
        let ending = epoch.pointee.load(ordering: .relaxed)
        // Written late, since it was swept.
        sweep(ending &+ 1, except: nil, into: ending)
        epoch.pointee.store(ending &+ 1, ordering: .sequentiallyConsistent)
    }

    /// What nobody has taken, once nobody writes any more.
    func extremes(after taken: UInt64) -> Extremes {
        let current = epoch.pointee.load(ordering: .relaxed)
        // Of a window in parts the first was published before its taker was killed.
        if current == taken { return Extremes() }
        var extremes = Extremes(self, epoch: current)
        // Killed after the epoch had moved on, before the window was published.
        if current &- taken > 1 { extremes.merge(Extremes(self, epoch: current &- 1)) }
        return extremes
    }

    /// Empties the bank of an epoch, and carries over what is more than was taken of it.
    func sweep(_ swept: UInt64, except taken: Extremes?, into live: UInt64) {
        let from = InstrumentWord.bank(swept)
        let to = InstrumentWord.bank(live)
        for stripe in 0..<StripePicker.stripes {
            func empty(_ number: Int) -> UInt64 {
                word(from + number, stripe: stripe).pointee.exchange(0, ordering: .relaxed)
            }
            let (most, negatedLeast, last) = (empty(0), empty(1), empty(2))
            if most > taken?.most ?? 0 { raise(to, stripe: stripe, to: most) }
            if negatedLeast > taken?.negatedLeast ?? 0 { raise(to + 1, stripe: stripe, to: negatedLeast) }
            // Of each stripe its own: of those that were taken a window has one, and the next none.
            if last != 0, taken?.hasLast(last, of: stripe) != true {
                // Only where there is none yet, which is later.
                _ = word(to + 2, stripe: stripe).pointee.compareExchange(
                    expected: 0, desired: last, ordering: .relaxed)
            }
        }
    }
}
