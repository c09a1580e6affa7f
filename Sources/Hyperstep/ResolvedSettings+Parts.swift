import HyperstepRecorder
import HyperstepShipper
import HyperstepWire
import Logging

extension ResolvedSettings {
    /// A recorder of its own for the run.
    ///
    /// - Throws: ``StartError`` where the directory cannot be used.
    func makeRecorder(for run: RunDescription) throws(StartError) -> Recorder {
        var configuration = RecorderConfiguration()
        configuration.stepCapacity = ringCapacity
        configuration.whenFull = whenFull == .wait ? .wait : .drop
        configuration.identity = run.identity.encoded()
        do {
            return try RecorderDirectory(path: directory).create(configuration)
        } catch {
            throw StartError(
                "directory", variable: directoryVariable, "\"\(directory.shortened)\": \(error.reason)",
                advice: "\(error.advice), and name it as HYPERSTEP_DIR or Settings.directory")
        }
    }

    /// Has the process's shipper for these settings send what `recorder` holds, and call `heartbeat` now and then
    /// while a collector answers.
    ///
    /// - Throws: ``StartError`` where the directory cannot be used.
    func ship(
        _ recorder: Recorder, logger: Logger, heartbeat: @escaping @Sendable () -> Void
    ) throws(StartError) -> Shipment {
        let configuration = ShipperConfiguration(
            endpoint: mode == .offline ? nil : endpoint, token: token?.value, directory: directory,
            flushInterval: flushInterval, spoolLimit: spoolLimit)
        do {
            // Who waits for room wants the collector's pace, not a detour over the disk.
            return try Shipper.shared(configuration, logger: logger)
                .attach(recorder, spoolsWhileConnected: whenFull == .drop, heartbeat: heartbeat)
        } catch {
            try? recorder.remove()  // it is empty: nothing was recorded yet
            throw StartError(
                "directory", variable: directoryVariable,
                "\"\(directory.shortened)\": nothing can be sent from it: \(error)",
                advice: "choose another one by HYPERSTEP_DIR or Settings.directory")
        }
    }
}
