import CBenchSupport

/// How the cost of a short call is measured.
///
/// - **p50**: a call is shorter than a reading of the clock, so batches of 1,000 calls are timed with the clock
///   and divided; the value is the median over all batches. It is the cost in a loop, as training has it.
/// - **p99.9**: each call is timed for itself with the processor's tick counter between fences. The counter's own
///   cost (the median of many empty readings) is subtracted. The fences keep the call from overlapping with its
///   neighbours, so that single values are some nanoseconds above the p50's.
///
/// `pause` runs between batches, outside the timed part: a benchmark lets its consumer catch up there.
struct Samples {
    /// Nanoseconds a call, ascending.
    private(set) var values: [Double]

    init(_ values: [Double]) { self.values = values.sorted() }

    func percentile(_ part: Double) -> Double {
        precondition(!values.isEmpty, "a benchmark took no samples")
        return values[min(values.count - 1, Int(Double(values.count) * part))]
    }

    @inline(__always)
    static func ofBatches(_ batches: Int, calls: Int = 1_000, pause: () -> Void, _ call: () -> Void)
        -> Samples
    {
        var values: [Double] = []
        values.reserveCapacity(batches)
        // The first batches warm caches, branches and pages.
        for batch in 0..<batches + batches / 10 {
            pause()
            let start = Timer.nanoseconds()
            for _ in 0..<calls { call() }
            let end = Timer.nanoseconds()
            if batch >= batches / 10 { values.append(Double(end - start) / Double(calls)) }
        }
        return Samples(values)
    }

    @inline(__always)
    static func ofSingles(
        _ count: Int, pauseEvery: Int = 1_000, pause: () -> Void, _ call: () -> Void
    ) -> Samples {
        let own = Timer.ownTicks
        let rate = Timer.ticksPerNanosecond
        var values = [Double](repeating: 0, count: count)
        for index in 0..<count {
            if index % pauseEvery == 0 { pause() }
            let start = bench_ticks()
            call()
            let ticks = bench_ticks() &- start
            values[index] = Double(ticks > own ? ticks - own : 0) / rate
        }
        return Samples(values)
    }

    static func merged(_ parts: [Samples]) -> Samples { Samples(parts.flatMap(\.values)) }
}
