#if SwiftMetrics
    import CoreMetrics
    import Hyperstep
    import HyperstepRecorder

    /// A counter, of whole numbers and others. It only grows: what is negative is ignored, but for negative infinity,
    /// which is no finite number and counted aside as the others.
    final class CounterSeries: SeriesHandler, CounterHandler, FloatingPointCounterHandler {
        let series: InstrumentSeries
        private let late: LateCalls

        init(_ series: InstrumentSeries, _ late: LateCalls) {
            self.series = series
            self.late = late
        }

        func increment(by amount: Int64) {
            if amount >= 0 { late.check(series.add(whole: amount)) }
        }

        func increment(by amount: Double) {
            if !(amount < 0) || amount.isInfinite { late.check(series.add(amount)) }
        }

        func reset() { series.reset() }
    }
#endif
