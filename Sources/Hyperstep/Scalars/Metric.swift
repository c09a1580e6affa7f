import HyperstepRecorder

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A named number of a run, as a validation score: one row of the table `run_metrics` for each ``record(_:step:at:)``.
///
/// ```swift
/// let top5 = run.metric("val/top5", unit: "1")  // once
/// top5.record(0.93, step: 100)
/// ```
///
/// Made by ``Run/metric(_:unit:)``, and kept: making one hashes its name, recording does not.
public struct Metric: Sendable {
    /// What it is called.
    public let name: String
    /// What it is measured in, by UCUM's codes (`1`, `ms`, `By`); empty where that is not known.
    public let unit: String

    /// Nil in the mode `disabled`.
    private let recording: Recording?
    /// `recording` once more, for `record`, as in ``Run``: without it a reference is counted up and down in every
    /// call. Sound because `self` holds `recording` for as long as a call lasts.
    private let unretainedRecording: Unmanaged<Recording>?
    /// Nil where the name was refused.
    private let id: MetricID?

    init(name: String, unit: String, recording: Recording?, id: MetricID?) {
        self.name = name
        self.unit = unit
        self.recording = recording
        unretainedRecording = recording.map(Unmanaged.passUnretained)
        self.id = id
    }

    /// Records a value.
    ///
    /// Synchronous, from any thread. Unless ``Settings/whenFull`` asks to wait, it takes no lock, allocates nothing, makes no system call but reading the
    /// clock, and never throws or traps. Where recorder and spool are full, where the run has finished (which the log says
    /// once), and where the metric's name was refused, the value is dropped and counted in the ``FinishReport``.
    ///
    /// - Parameters:
    ///   - value: any double, NaN and infinities too.
    ///   - step: the step it belongs to, in any order; where it is left out, the step recorded last.
    ///   - date: when it was measured, to the microsecond; now where it is left out.
    public func record(_ value: Double, step: Int? = nil, at date: Date? = nil) {
        guard let unretainedRecording else { return }
        let time = date.map(Run.nanoseconds)
        unretainedRecording._withUnsafeGuaranteedRef { $0.record(value, of: id, step: step, time: time) }
    }

    /// As the form for doubles, which a `Float` becomes without a loss.
    ///
    /// - Parameters:
    ///   - value: any number, NaN and infinities too; of one wider than 64 bits the nearest double.
    ///   - step: the step it belongs to.
    ///   - date: when it was measured.
    @inlinable
    @_disfavoredOverload
    public func record(_ value: some BinaryFloatingPoint, step: Int? = nil, at date: Date? = nil) {
        record(Double(value), step: step, at: date)
    }
}
