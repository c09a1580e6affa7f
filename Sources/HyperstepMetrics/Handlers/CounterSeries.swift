#if SwiftMetrics
    import CoreMetrics
    import HyperstepRecorder

    /// A counter, of whole numbers and others. It only grows: what is negative is ignored; what is no finite number
    /// is counted aside.
    final class CounterSeries: SeriesHandler, CounterHandler, FloatingPointCounterHandler {
        let series: SeriesOf

        init(_ series: SeriesOf) { self.series = series }

        func increment(by amount: Int64) {
            if amount >= 0 { series.counters.add(whole: amount) }
        }

        func increment(by amount: Double) {
            if !(amount < 0) || amount.isInfinite { series.counters.add(amount) }
        }

        func reset() { series.counters.reset() }
    }
#endif
