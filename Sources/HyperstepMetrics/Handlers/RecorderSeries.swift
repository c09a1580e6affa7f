#if SwiftMetrics
    import CoreMetrics
    import Hyperstep
    import HyperstepRecorder

    /// Numbers of any unit, with a histogram. What is no finite number is counted aside.
    final class RecorderSeries: SeriesHandler, RecorderHandler {
        let series: InstrumentSeries
        private let late: LateCalls

        init(_ series: InstrumentSeries, _ late: LateCalls) {
            self.series = series
            self.late = late
        }

        func record(_ value: Int64) { late.check(series.observe(whole: value)) }

        func record(_ value: Double) { late.check(series.observe(value)) }
    }
#endif
