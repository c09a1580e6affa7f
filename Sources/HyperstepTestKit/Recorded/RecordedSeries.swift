import HyperstepHistogram
import HyperstepWire

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// An instrument with one choice of its dimensions, and what was recorded by it: a row of the table `series`, and its
/// rows of `service_metrics`.
///
/// Over how many windows it is spread depends on when the intervals ended: a test that counts asks for ``sum``, not for
/// that of a window.
public struct RecordedSeries: Sendable, Equatable {
    /// What kind of instrument it is.
    public enum Kind: Sendable, Hashable {
        /// A number that grows.
        case counter
        /// A number that is set.
        case gauge
        /// A number that is set, or moved up and down.
        case meter
        /// Durations, in nanoseconds.
        case timer
        /// Numbers of any unit, with a distribution.
        case recorder
        /// One that this version has no name for, by its number in the contract.
        case other(Int)
    }

    /// OpenTelemetry's `service.name`; empty where it was not known.
    public let service: String
    /// The instrument's name, its label.
    public let name: String
    /// The instrument's kind.
    public let kind: Kind
    /// The unit; empty where none was given, `ns` of a timer.
    public let unit: String
    /// What tells it from other series of the instrument.
    public let dimensions: [String: String]
    /// What was recorded interval by interval, in the order in which it came.
    public internal(set) var windows: [Window] = []

    init(service: String, _ series: Series) {
        self.service = service
        name = series.name
        kind = Kind(series.kind)
        unit = series.unit
        dimensions = Dictionary(
            series.dimensions.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// How often something finite was recorded.
    public var count: Int { windows.reduce(0) { $0 + $1.count } }
    /// The sum of what was recorded; of a counter by how much it grew. 0 where nothing was.
    public var sum: Double { windows.reduce(0) { $0 + ($1.sum ?? 0) } }
    /// The least that was recorded; nil where nothing finite was.
    public var min: Double? { windows.compactMap(\.min).min() }
    /// The most that was recorded; nil where nothing finite was.
    public var max: Double? { windows.compactMap(\.max).max() }
    /// What was recorded last, in the window that ended last; of a counter where it stands.
    public var last: Double? { windows.max { $0.time < $1.time }?.last }

    /// A percentile of what a timer or a recorder was given, over all windows and processes: at most 1 % beside the
    /// exact one.
    ///
    /// - Parameter p: 0 to 1, as 0.99.
    /// - Returns: nil where nothing was recorded, for other kinds, and where `p` is not within 0 to 1.
    public func percentile(_ p: Double) -> Double? {
        var all = ValueHistogram()
        for window in windows { all.merge(window.histogram) }
        return all.percentile(p)
    }

    /// What was recorded in one interval by one process.
    public struct Window: Sendable, Equatable {
        /// The end of the interval.
        public let time: Date
        /// The length of the interval.
        public let duration: Duration
        /// The process.
        public let instance: UUID
        /// The run that it belongs to; nil for a server.
        public let runID: UUID?
        /// How often something finite was recorded.
        public let count: Int
        /// How often a NaN or an infinity was recorded.
        public let nonFiniteCount: Int
        /// The sum of what was recorded, finite values only, as `min` and `max`; of a counter by how much it grew.
        public let sum: Double?
        /// The least that was recorded.
        public let min: Double?
        /// The most that was recorded.
        public let max: Double?
        /// What was recorded last; of a counter where it stood.
        public let last: Double?
        let histogram: ValueHistogram

        /// A percentile of what a timer or a recorder was given, as ``RecordedSeries/percentile(_:)``.
        public func percentile(_ p: Double) -> Double? { histogram.percentile(p) }
    }
}

extension RecordedSeries.Window {
    /// Rows of a batch.
    static func all(_ windows: SeriesWindows, rows: [Int]) -> [(series: Series, window: Self)] {
        let columns = [windows.sum, windows.min, windows.max, windows.last].map { $0.rows(windows.count) }
        return rows.map { row in
            let window = Self(
                time: Date(nanoseconds: windows.times[row]),
                duration: .milliseconds(windows.durationsMs[row]),
                instance: windows.instanceID, runID: windows.runID, count: Int(clamping: windows.counts[row]),
                nonFiniteCount: Int(clamping: windows.nonFiniteCounts[row]), sum: columns[0][row],
                min: columns[1][row], max: columns[2][row], last: columns[3][row],
                histogram: windows.histograms[row])
            return (windows.series[Int(windows.seriesIndexes[row])], window)
        }
    }
}

extension RecordedSeries.Kind {
    fileprivate init(_ kind: Series.Kind) {
        self =
            switch kind {
            case .counter: .counter
            case .gauge: .gauge
            case .meter: .meter
            case .timer: .timer
            case .recorder: .recorder
            default: .other(Int(kind.rawValue))
            }
    }
}
