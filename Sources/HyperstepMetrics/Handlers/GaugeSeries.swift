#if SwiftMetrics
    import CoreMetrics
    import HyperstepRecorder

    /// A number that is set: a recorder that does not aggregate.
    final class GaugeSeries: SeriesHandler, RecorderHandler {
        let series: InstrumentSeries

        init(_ series: InstrumentSeries) { self.series = series }

        func record(_ value: Int64) { series.set(Double(value)) }

        func record(_ value: Double) { series.set(value) }
    }
#endif
