import Synchronization

/// Makes an orphan's series readable, whatever their bytes are.
///
/// A process that is killed leaves nothing to mend. Where damage leaves a doubt about what was taken already,
/// counts are left out rather than counted twice.
struct MonitorMending {
    let place: MonitorPlace
    /// The end of what the ring of windows has published.
    let end: UInt64

    /// No counter comes near it: at a billion a second it takes 36 years.
    private static let limit: UInt64 = 1 << 60

    func mend(_ report: (_ expected: String, _ found: String) -> Void) {
        guard place.capacity > 0 else { return }
        let count = place.head.mend(
            capacity: place.capacity, isWhole: { place.series($0).identity != nil }, report)
        for index in 0..<count {
            let series = place.series(index)
            if series.identity == nil {
                report("the identity of series \(index) with its checksum", "damaged bytes")
            } else {
                series.mendTags(upTo: end) { tags in
                    report(
                        "a snapshot of series \(index) that is not ahead of its windows",
                        "tags \(tags), end \(end)")
                }
                mendCounters(of: series, index, report)
            }
        }
    }

    private func mendCounters(
        of series: SeriesPlace, _ index: Int, _ report: (_ expected: String, _ found: String) -> Void
    ) {
        guard let taken = series.taken(upTo: end)?.valid.counters else { return }
        var isPlausible = true
        var onlyGrew = true
        for (number, taken) in taken.enumerated() {
            var total: UInt64 = 0
            for stripe in 0..<MonitorPlace.stripes {
                let counter = series.counter(number, stripe: stripe).pointee.load(ordering: .relaxed)
                isPlausible = isPlausible && counter < Self.limit
                total &+= counter
            }
            isPlausible = isPlausible && taken < Self.limit
            onlyGrew = onlyGrew && taken <= total
        }
        if !isPlausible {
            report(
                "counters of series \(index) below \(Self.limit)", "larger ones; none of its counts is used")
            series.invalidateSnapshots()
        } else if !onlyGrew {
            report("counters of series \(index) that only grew", "some below what was taken of them")
        }
    }
}
