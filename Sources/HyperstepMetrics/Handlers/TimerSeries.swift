#if SwiftMetrics
    import CoreMetrics
    import HyperstepRecorder

    /// Durations, in nanoseconds. A negative one is of a clock that was set back, and counts as none.
    final class TimerSeries: SeriesHandler, TimerHandler {
        let series: InstrumentSeries

        init(_ series: InstrumentSeries) { self.series = series }

        func recordNanoseconds(_ duration: Int64) { series.observe(whole: max(0, duration)) }
    }
#endif
