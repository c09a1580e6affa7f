#if SwiftMetrics
    import CoreMetrics
    import HyperstepRecorder

    /// A number that is set, or moved up and down. As swift-metrics' own, it is not moved by what is negative; what
    /// is no finite number is counted aside.
    final class MeterSeries: SeriesHandler, MeterHandler {
        let series: InstrumentSeries

        init(_ series: InstrumentSeries) { self.series = series }

        func set(_ value: Int64) { series.set(Double(value)) }

        func set(_ value: Double) { series.set(value) }

        func increment(by amount: Double) { move(amount, 1) }

        func decrement(by amount: Double) { move(amount, -1) }

        private func move(_ amount: Double, _ sign: Double) {
            guard amount.isFinite else {
                series.add(amount)
                return
            }
            if amount > 0 { series.move(by: sign * amount) }
        }
    }
#endif
