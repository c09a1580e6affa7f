#if SwiftMetrics
    import CoreMetrics
    import Hyperstep
    import HyperstepRecorder

    /// A number that is set, or moved up and down. As swift-metrics' own, it is not moved by what is negative; what
    /// is no finite number is counted aside.
    final class MeterSeries: SeriesHandler, MeterHandler {
        let series: InstrumentSeries
        private let late: LateCalls

        init(_ series: InstrumentSeries, _ late: LateCalls) {
            self.series = series
            self.late = late
        }

        func set(_ value: Int64) { late.check(series.set(Double(value))) }

        func set(_ value: Double) { late.check(series.set(value)) }

        func increment(by amount: Double) { move(amount, 1) }

        func decrement(by amount: Double) { move(amount, -1) }

        private func move(_ amount: Double, _ sign: Double) {
            guard amount.isFinite else {
                late.check(series.add(amount))
                return
            }
            if amount > 0 { late.check(series.move(by: sign * amount)) }
        }
    }
#endif
