#if SwiftMetrics
    import CoreMetrics
    import HyperstepRecorder

    /// A number that is set: a recorder that does not aggregate.
    final class GaugeSeries: SeriesHandler, RecorderHandler {
        let series: SeriesOf

        init(_ series: SeriesOf) { self.series = series }

        func record(_ value: Int64) { series.counters.set(Double(value)) }

        func record(_ value: Double) { series.counters.set(value) }
    }
#endif
