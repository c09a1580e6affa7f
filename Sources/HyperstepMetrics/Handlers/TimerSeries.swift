#if SwiftMetrics
    import CoreMetrics
    import HyperstepRecorder

    /// Durations, in nanoseconds. A negative one is of a clock that was set back, and counts as none.
    final class TimerSeries: SeriesHandler, TimerHandler {
        let series: SeriesOf

        init(_ series: SeriesOf) { self.series = series }

        func recordNanoseconds(_ duration: Int64) { series.counters.observe(whole: max(0, duration)) }
    }
#endif
