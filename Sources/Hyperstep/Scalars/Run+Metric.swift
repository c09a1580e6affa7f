import HyperstepRecorder
import Logging

extension Run {
    /// The metric of this name: the same one for the same name, whichever thread asks.
    ///
    /// It takes a lock and hashes the name: call it once and keep what it gives. It never throws or traps. A name
    /// that is empty, longer than 256 bytes or holds U+0000 is refused, and so is every new name once the run has
    /// 1,024 of them, so that a name made from a user's input does not fill the database. What is recorded under
    /// a refused name is dropped and counted; the log says so once.
    ///
    /// - Parameters:
    ///   - name: what it is called, as `val/top5`.
    ///   - unit: what it is measured in, by UCUM's codes: at most 64 bytes, or it is left out. The unit that a
    ///     name was first used with holds.
    public func metric(_ name: String, unit: String = "") -> Metric {
        guard let recording else { return Metric(name: name, unit: unit, recording: nil, id: nil) }
        let names = recording.recorder.names
        let unit = MetricName(name: "any", unit: unit).fits ? unit : ""
        guard let known = names.intern(name: name, unit: unit) else {
            if names.shouldReportRefusal() {
                logger.warning(
                    """
                    a metric was refused, and what is recorded of it is dropped: expected a name of 1 to \
                    \(MetricName.maximumName) bytes without U+0000, and at most \(names.capacity) names in a run
                    """, metadata: ["run": "\(id)", "metric": "\(name.shortened)"])
            }
            return Metric(name: name, unit: unit, recording: recording, id: nil)
        }
        return Metric(name: name, unit: names[known]?.unit ?? unit, recording: recording, id: known)
    }
}
