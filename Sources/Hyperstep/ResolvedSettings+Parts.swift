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
        configuration.scalarCapacity = scalarCapacity
        configuration.experimentCapacity = 64
        configuration.whenFull = whenFull == .wait ? .wait : .drop
        configuration.identity = run.identity.encoded()
        return try make(configuration)
    }

    /// A recorder for the process's monitors, which belong to no run.
    ///
    /// - Throws: ``StartError`` where the directory cannot be used.
    func makeMonitorRecorder() throws(StartError) -> Recorder {
        var configuration = RecorderConfiguration()
        configuration.stepCapacity = 0
        configuration.eventCapacity = 0
        configuration.seriesCapacity = monitorCapacity
        // Room for two windows of each series.
        configuration.windowCapacity = max(
            8, 1 << (Int.bitWidth - (2 * monitorCapacity - 1).leadingZeroBitCount))
        configuration.identity =
            RecorderIdentity(
                modelID: nil, runID: nil, project: "", runName: "", modelName: "", sdk: sdkName,
                instanceID: processInstance
            ).encoded()
        return try make(configuration)
    }

    private func make(_ configuration: RecorderConfiguration) throws(StartError) -> Recorder {
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
        _ recorder: Recorder, logger: Logger, heartbeat: (@Sendable () -> Void)? = nil
    ) throws(StartError) -> Shipment {
        let configuration = ShipperConfiguration(
            endpoint: mode == .offline ? nil : endpoint, token: token?.value, directory: directory,
            flushInterval: flushInterval, spoolLimit: spoolLimit, windowInterval: windowInterval)
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
