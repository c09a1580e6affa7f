#if SwiftMetrics
    import CoreMetrics
    import HyperstepRecorder

    /// A counter, of whole numbers and others. It only grows: what is negative is ignored, but for negative infinity,
    /// which is no finite number and counted aside as the others.
    final class CounterSeries: SeriesHandler, CounterHandler, FloatingPointCounterHandler {
        let series: InstrumentSeries

        init(_ series: InstrumentSeries) { self.series = series }

        func increment(by amount: Int64) {
            if amount >= 0 { series.add(whole: amount) }
        }

        func increment(by amount: Double) {
            if !(amount < 0) || amount.isInfinite { series.add(amount) }
        }

        func reset() { series.reset() }
    }
#endif
