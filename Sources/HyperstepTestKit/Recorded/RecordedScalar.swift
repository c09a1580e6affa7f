import HyperstepWire

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A value of a run's metric as it came: a row of the table `run_metrics`.
public struct RecordedScalar: Sendable, Hashable {
    /// When it was recorded.
    public let time: Date
    /// The step that it belongs to.
    public let step: Int
    /// The value.
    public let value: Double
    /// Which attempt of its run recorded it, from 0.
    public let attempt: Int
    /// Which process of its run, from 0.
    public let rank: Int

    init(_ scalars: Scalars, row: Int) {
        time = Date(nanoseconds: scalars.times[row])
        step = Int(scalars.steps[row])
        value = scalars.values[row]
        attempt = Int(scalars.attempt)
        rank = Int(scalars.rank)
    }
}
