#if SwiftMetrics
    import CoreMetrics
    import Hyperstep
    import HyperstepRecorder

    /// Durations, in nanoseconds. A negative one is of a clock that was set back, and counts as none.
    final class TimerSeries: SeriesHandler, TimerHandler {
        let series: InstrumentSeries
        private let late: LateCalls

        init(_ series: InstrumentSeries, _ late: LateCalls) {
            self.series = series
            self.late = late
        }

        func recordNanoseconds(_ duration: Int64) { late.check(series.observe(whole: max(0, duration))) }
    }
#endif
