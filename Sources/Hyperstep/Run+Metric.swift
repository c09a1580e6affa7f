import HyperstepRecorder
import HyperstepWire
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
        let known = recording.metrics.find(name, unit: unit, in: recording.recorder.names)
        switch known {
        case .known(let id, let unit): return Metric(name: name, unit: unit, recording: recording, id: id)
        case .unfit(let isFirst):
            if isFirst {
                logger.warning(
                    "a metric is not recorded: expected a name of 1 to \(WireLimits.maxNameBytes) bytes and no U+0000",
                    metadata: ["run": "\(id)", "metric": "\(name.shortened)"])
            }
        case .full(let isFirst):
            if isFirst {
                logger.warning(
                    "a run has at most \(recording.recorder.names.capacity) metrics: values of any other are dropped and counted",
                    metadata: ["run": "\(id)", "metric": "\(name.shortened)"])
            }
        }
        return Metric(name: name, unit: unit, recording: recording, id: nil)
    }
}
