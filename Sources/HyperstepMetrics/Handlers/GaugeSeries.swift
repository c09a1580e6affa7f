#if SwiftMetrics
    import CoreMetrics
    import Hyperstep
    import HyperstepRecorder

    /// A number that is set: a recorder that does not aggregate.
    final class GaugeSeries: SeriesHandler, RecorderHandler {
        let series: InstrumentSeries
        private let late: LateCalls

        init(_ series: InstrumentSeries, _ late: LateCalls) {
            self.series = series
            self.late = late
        }

        func record(_ value: Int64) { late.check(series.set(Double(value))) }

        func record(_ value: Double) { late.check(series.set(value)) }
    }
#endif
