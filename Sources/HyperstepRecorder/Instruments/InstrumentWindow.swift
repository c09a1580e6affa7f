public import HyperstepHistogram
import Synchronization

/// What a series of an instrument gathered in one interval.
public struct InstrumentWindow: Sendable, Equatable {
    /// The series' number (``InstrumentSeries/number``).
    public let series: Int
    /// The series, as whoever registered it described it.
    public let identity: [UInt8]
    /// When the interval began, in nanoseconds since 1970: when the window before it was taken, or the series
    /// was registered.
    public let start: Int64
    /// When it ended, after `start`. In an orphan, when its program was last known to live.
    public let end: Int64
    /// Whether it has more than buckets and their count: of a window that is taken in parts the first.
    public let isWhole: Bool
    /// How many finite numbers were counted.
    public let count: UInt64
    /// How many that are not finite.
    public let nonFiniteCount: UInt64
    /// The finite numbers' sum, less what was taken back; nil where there were none, and where there were so many
    /// that it is not known.
    public let sum: Double?
    /// The sum of all numbers since the series began, less what was taken back; nil where it is not known any more.
    public let total: Double?
    /// What a gauge or meter stands at.
    public let value: Double
    /// The least finite number; nil where none is known.
    public let least: Double?
    /// The most.
    public let most: Double?
    /// The last number, whatever it was: of several threads', the last one of one of them.
    public let last: Double?
    /// How the numbers were distributed that were counted with a bucket.
    public let histogram: ValueHistogram
}

/// The state of a series' counters at one moment.
struct InstrumentTotals {
    /// Before the words: what is reset later is so in the next window.
    let reset: (number: UInt64, base: [UInt64])
    let words: [UInt64]
    /// Whether those of the sum mean nothing.
    let isSumLost: Bool
    /// Ascending by the numbers that they count.
    let blocks: [(key: BlockKey, block: BucketBlock, counts: [UInt64])]

    /// Sums them up. Buckets first and sums last: what was counted is in the sum.
    init(_ series: InstrumentSeries) {
        reset = series.lastReset
        blocks = series.blocks.all.map { ($0.key, $0.block, $0.block.totals) }
        words = (0..<InstrumentWord.added).map { series.place.total($0) }
        isSumLost = series.place.isSumLost
    }

    /// Whether there is more than a snapshot says was taken. (Counts below it are damaged ones: nothing new.)
    func hasMore(than snapshot: Int, of series: InstrumentSeriesPlace) -> Bool {
        let taken = series.snapshots[snapshot]
        let isReset =
            reset.number != taken.resets && (taken.isTotalLost || taken.total.contains { $0 != 0 })
        let isSumNews = isReset || InstrumentWord.sum.contains { words[$0] != taken.words[$0] }
        return isSumNews && !isSumLost || count(since: snapshot, of: series) > 0
            || words[InstrumentWord.nonFinite] > taken.words[InstrumentWord.nonFinite]
    }

    /// How many finite numbers were counted since.
    func count(since snapshot: Int, of series: InstrumentSeriesPlace) -> UInt64 {
        let taken = series.snapshots[snapshot].words
        let plain = [InstrumentWord.calls, InstrumentWord.zeros].map { (words[$0], taken[$0]) }
        let buckets = blocks.lazy.flatMap { zip($0.counts, $0.block.taken(snapshot)) }
        return (plain + buckets).reduce(0) { $0 &+ ($1.0 > $1.1 ? $1.0 - $1.1 : 0) }
    }

    /// The histogram of what some blocks, and bucket 0 where it is meant, counted since a snapshot.
    func histogram(since snapshot: Int, blocks part: Range<Int>, zeros: UInt64) -> ValueHistogram {
        var buckets: [(bucket: Int16, count: UInt64)] = []
        if zeros > 0 { buckets.append((0, zeros)) }
        for (key, block, counts) in blocks[part] {
            for (number, taken) in block.taken(snapshot).enumerated() where counts[number] > taken {
                buckets.append((key.bucket(number), counts[number] - taken))
            }
        }
        buckets.sort { $0.bucket < $1.bucket }
        return ValueHistogram(buckets: buckets.map(\.bucket), counts: buckets.map(\.count))
            ?? ValueHistogram()
    }
}

extension InstrumentWindow {
    /// What `totals` have beyond a snapshot: of the blocks in `part`, and where it is `whole` of all else.
    init(
        of series: InstrumentSeries, start: Int64, end: Int64, totals: InstrumentTotals, since snapshot: Int,
        sum: SumTaken, extremes: Extremes, part: Range<Int>, whole: Bool
    ) {
        let taken = series.place.snapshots[snapshot].words
        func count(_ word: Int) -> UInt64 {
            // Never below by our own doing; a power cut may have kept one page and lost another.
            whole && totals.words[word] > taken[word] ? totals.words[word] - taken[word] : 0
        }
        self.series = series.number
        identity = series.identity
        self.start = start
        self.end = end
        isWhole = whole
        let zeros = count(InstrumentWord.zeros)
        histogram = totals.histogram(since: snapshot, blocks: part, zeros: zeros)
        self.count = histogram.count &+ count(InstrumentWord.calls)
        nonFiniteCount = count(InstrumentWord.nonFinite)
        let isNews = self.count > 0 || sum.growth != 0
        self.sum = whole && isNews ? sum.growth : nil
        total = sum.isTotalLost ? nil : ExactSum.value(sum.total)
        value = Double(bitPattern: series.place.value.pointee.load(ordering: .relaxed))
        let least = OrderedBits.value(extremes.negatedLeast).map { 0 - $0 }
        let most = OrderedBits.value(extremes.most)
        // A call that notes its number at this moment may have done one and not the other.
        let isRange = whole && (least ?? .infinity) <= (most ?? -.infinity)
        self.least = isRange ? least : nil
        self.most = isRange ? most : nil
        last = whole ? OrderedBits.value(extremes.last) : nil
    }
}
