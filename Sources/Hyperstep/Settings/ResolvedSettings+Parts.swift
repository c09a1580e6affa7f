import HyperstepClock
import HyperstepRecorder
import HyperstepShipper
import HyperstepSystem
import HyperstepWire
import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension ResolvedSettings {
    /// A recorder of its own for the run.
    ///
    /// - Throws: ``StartError`` where the directory cannot be used.
    func makeRecorder(
        for run: RunDescription, logger: Logger = Logger(label: "hyperstep")
    ) throws(StartError) -> Recorder {
        var configuration = RecorderConfiguration()
        configuration.stepCapacity = ringCapacity
        configuration.eventCapacity = Recording.eventCapacity
        configuration.scalarCapacity = scalarCapacity
        configuration.experimentCapacity = 64
        configuration.sampleCapacity = sampleCapacity
        configuration.whenFull = whenFull == .wait ? .wait : .drop
        configuration.identity = run.identity.encoded()
        return try make(configuration, logger)
    }

    /// A recorder for the process's monitors, which belong to no run.
    ///
    /// - Throws: ``StartError`` where the directory cannot be used.
    func makeMonitorRecorder(logger: Logger = Logger(label: "hyperstep")) throws(StartError) -> Recorder {
        var configuration = RecorderConfiguration()
        configuration.stepCapacity = 0
        configuration.eventCapacity = 0
        configuration.seriesCapacity = monitorCapacity
        configuration.sampleCapacity = sampleCapacity
        // Room for two windows of each series.
        configuration.windowCapacity = max(
            8, 1 << (Int.bitWidth - (2 * monitorCapacity - 1).leadingZeroBitCount))
        configuration.identity =
            RecorderIdentity(
                modelID: nil, runID: nil, project: "", runName: "", modelName: "", sdk: sdkName,
                instanceID: processInstance
            ).encoded()
        return try make(configuration, logger)
    }

    /// A recorder for the series of a process's metrics.
    ///
    /// - Throws: ``StartError`` where the directory cannot be used.
    func makeSeriesRecorder(
        run: Run?, logger: Logger = Logger(label: "hyperstep")
    ) throws(StartError) -> Recorder {
        var configuration = RecorderConfiguration()
        configuration.stepCapacity = 0
        configuration.eventCapacity = 0
        configuration.instrumentCapacity = seriesCapacity
        // Room for two windows of each series; where half is taken, which is not spooled yet, for one in all its parts.
        configuration.instrumentWindowCapacity = max(
            128, 1 << (Int.bitWidth - (2 * seriesCapacity - 1).leadingZeroBitCount))
        configuration.identity =
            RecorderIdentity(
                modelID: run?.modelID, runID: run?.id, project: run?.project ?? "", runName: run?.name ?? "",
                modelName: "", sdk: sdkName, instanceID: processInstance, service: service
            ).encoded()
        return try make(configuration, logger)
    }

    /// Room for the machine and eight GPUs, three minutes of them at 15 s: then they are spooled.
    private var sampleCapacity: Int { systemInterval == nil ? 0 : 128 }

    /// What the environment says of this process, as parameters of a run of which it is the first: others would say
    /// something else of a host or a process under the same names.
    func surroundings(rank: Int16) -> [String: ParameterValue] {
        rank > 0 ? [:] : resource.mapValues(ParameterValue.string)
    }

    /// Has the machine sampled into `recorder`, if it is to be.
    ///
    /// - Parameters:
    ///   - ofRun: whether a run records.
    ///   - sharing: where the run has several processes, its id: of those on this machine one tells about it.
    func sampleSystem(
        into recorder: Recorder, ofRun: Bool, sharing run: UUID? = nil, logger: Logger
    ) -> SystemSampling? {
        systemInterval.map { interval in
            let turn = systemPart == nil ? run.flatMap(machineTurn) : nil
            return SystemSampling(every: interval, of: systemPart ?? .machine, turn: turn, isOfRun: ofRun) {
                note in
                logger.debug("not all of the machine is sampled: \(note)")
            } record: { sample in
                recorder.record(sample, time: max(0, SystemClock.wall))
            }
        }
    }

    /// By which the processes of a run agree on who tells about the machine.
    private func machineTurn(of run: UUID) -> MachineTurn? {
        // Told by each of them is better than by none.
        guard !directory.isEmpty else { return nil }
        // What killed processes left behind goes with the next run that starts here.
        MachineTurn.removeLeft(in: directory)
        return MachineTurn(directory: directory, name: run.uuidString.lowercased())
    }

    /// Has the process's shipper for these settings send what `recorder` holds, which is that of `run` where
    /// there is one, and call `complete` for each window of a monitor.
    ///
    /// - Throws: ``StartError`` where the directory cannot be used.
    func ship(
        _ recorder: Recorder, logger: Logger, run: (any ShippedRun)? = nil,
        complete: WindowCompletion? = nil
    ) throws(StartError) -> Shipment {
        do {
            // Who waits for room wants the collector's pace, not a detour over the disk.
            return try Shipper.shared(shipperConfiguration, logger: logger)
                .attach(
                    recorder, spoolsWhileConnected: whenFull == .drop, run: run,
                    complete: complete)
        } catch {
            try? recorder.remove()  // it is empty: nothing was recorded yet
            switch error {
            case let error as TooFewDescriptors:
                throw StartError(
                    "open files", "of this process leave no room: \(error)",
                    advice: "close some, or raise their limit (ulimit -n)")
            case let error as ForkedProcess:
                throw StartError(
                    "process", "cannot send records: \(error)",
                    advice: "start it by exec (posix_spawn), or start what records after the fork only")
            default:
                throw StartError(
                    "directory", variable: directoryVariable,
                    "\"\(directory.shortened)\": nothing can be sent from it: \(error)",
                    advice: "choose another one by HYPERSTEP_DIR or Settings.directory")
            }
        }
    }

    var shipperConfiguration: ShipperConfiguration {
        ShipperConfiguration(
            endpoint: mode == .offline ? nil : endpoint, token: token?.value, directory: directory,
            sharedRoot: sharedRoot, flushInterval: flushInterval, spoolLimit: spoolLimit,
            windowInterval: windowInterval)
    }
}
