#if SwiftMetrics
    import CoreMetrics
    import HyperstepRecorder

    /// Numbers of any unit, with a histogram. What is no finite number is counted aside.
    final class RecorderSeries: SeriesHandler, RecorderHandler {
        let series: SeriesOf

        init(_ series: SeriesOf) { self.series = series }

        func record(_ value: Int64) { series.counters.observe(whole: value) }

        func record(_ value: Double) { series.counters.observe(value) }
    }
#endif
