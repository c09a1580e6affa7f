import Synchronization

/// Makes an orphan's instruments readable, whatever their bytes are, as ``MonitorMending`` does for monitors.
struct InstrumentMending {
    let place: InstrumentPlace
    let memory: RecorderMemory
    /// The end of what the ring of their windows has published.
    let end: UInt64

    /// No count comes near it: at a billion a second it takes 36 years.
    private static let limit: UInt64 = 1 << 60

    func mend(_ report: (_ expected: String, _ found: String) -> Void) {
        guard place.capacity > 0 else { return }
        let count = place.head.mend(
            capacity: place.capacity, isWhole: { place.series($0).identity != nil }, report)
        var named: [Int: Int] = [:]
        // Those of damaged series, too: a block is theirs, whoever else names it.
        for index in 0..<count {
            BucketBlocks(series: place.series(index), area: place).count(into: &named)
        }
        for index in 0..<count {
            let series = place.series(index)
            guard let identity = series.identity else {
                report("the identity of instrument \(index) with its checksum", "damaged bytes")
                continue
            }
            series.isSumLost = false
            series.mendTags(upTo: end) { tags in
                report(
                    "a snapshot of instrument \(index) that is not ahead of its windows",
                    "tags \(tags), end \(end)")
            }
            BucketBlocks(series: series, area: place).mend(named: named) { owner in
                report("owners of blocks of instrument \(index)", "\(owner)")
            }
            mendCounts(
                of: InstrumentSeries(
                    identity: identity, number: index, place: series, area: place, memory: memory),
                report)
        }
    }

    /// Where damage leaves a doubt about what was taken already, counts are left out rather than counted twice.
    private func mendCounts(
        of series: InstrumentSeries, _ report: (_ expected: String, _ found: String) -> Void
    ) {
        guard let valid = series.place.validSnapshot(upTo: end) else { return }
        let totals = InstrumentTotals(series)
        let snapshot = series.place.snapshots[valid]
        // What only grows: not the sums.
        let counts = (0..<InstrumentWord.sum.lowerBound).map { (totals.words[$0], snapshot.words[$0]) }
        let buckets = totals.blocks.flatMap { Array(zip($0.counts, $0.block.taken(valid))) }
        let all = counts + buckets
        if hasImplausible(series, totals) || all.contains(where: { $0.1 >= Self.limit }) {
            report(
                "counts of instrument \(series.number) below \(Self.limit)",
                "larger ones; none of them is used")
            series.place.invalidateSnapshots()
        } else if all.contains(where: { $0.1 > $0.0 }) {
            report(
                "counts of instrument \(series.number) that only grew", "some below what was taken of them")
            // They are of the same pages, and their differences look like numbers whatever they are.
            series.place.isSumLost = true
        }
    }

    /// Looks at each stripe, since what is nonsense in one may wrap to something that is none in the sum.
    private func hasImplausible(_ series: InstrumentSeries, _ totals: InstrumentTotals) -> Bool {
        (0..<StripePicker.stripes).contains { stripe in
            let words = (0..<InstrumentWord.sum.lowerBound).map { series.place.word($0, stripe: stripe) }
            let buckets = totals.blocks.flatMap { one in
                (0..<BucketBlock.buckets).map { one.block.counter($0, stripe: stripe) }
            }
            return (words + buckets).contains { $0.pointee.load(ordering: .relaxed) >= Self.limit }
        }
    }
}
