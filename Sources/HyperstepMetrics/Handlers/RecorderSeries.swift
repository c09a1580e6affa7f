#if SwiftMetrics
    import CoreMetrics
    import HyperstepRecorder

    /// Numbers of any unit, with a histogram. What is no finite number is counted aside.
    final class RecorderSeries: SeriesHandler, RecorderHandler {
        let series: InstrumentSeries

        init(_ series: InstrumentSeries) { self.series = series }

        func record(_ value: Int64) { series.observe(whole: value) }

        func record(_ value: Double) { series.observe(value) }
    }
#endif
