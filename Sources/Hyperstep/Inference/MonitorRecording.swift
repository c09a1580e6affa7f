import HyperstepClock
import HyperstepRecorder
import HyperstepShipper
import HyperstepSystem
import HyperstepWire
import Logging
import Synchronization

/// A recorder of monitors' series, and what sends their windows.
final class MonitorRecording: Sendable {
    let recorder: Recorder
    private let shipment: Shipment
    /// Of the monitors that record into this one.
    let late: LateCalls
    private let system: SystemSampling?
    private let mode: Settings.Mode
    private let logger: Logger
    // Relaxed: a statistic, of which the first to count tells the user.
    private let refused = Atomic<UInt64>(0)

    /// - Parameter late: what counts the calls that come after the end, beyond this recording's own life.
    /// - Throws: ``StartError`` where the directory cannot be used.
    init(_ settings: ResolvedSettings, late: LateCalls.Count, logger: Logger) throws(StartError) {
        settings.warnOfEnvironment(logger)
        recorder = try settings.makeMonitorRecorder(logger: logger)
        system = settings.sampleSystem(into: recorder, ofRun: false, logger: logger)
        // Not the sampling itself, which ends with this recording.
        let newest = system?.newest
        shipment = try settings.ship(recorder, logger: logger, complete: { $0.note(newest?.load) })
        self.late = LateCalls(
            "a request was counted after InferenceMonitor.shutdown, by a monitor that it had ended",
            count: late,
            logger: logger)
        mode = settings.mode
        self.logger = logger
    }

    /// The series of a model and endpoint; nil where there is no room for another.
    func series(of model: Model, endpoint: String) -> MonitorSeries? {
        // Names that are checked make a series that can be encoded.
        guard let identity = try? InferenceWindow.series(model: model, endpoint: endpoint) else { return nil }
        if let series = recorder.monitors.series(identity, at: SystemClock.wall) { return series }
        if refused.wrappingAdd(1, ordering: .relaxed).oldValue == 0 {
            logger.warning(
                """
                no room for another monitor: it records nothing. These settings have room for \(recorder.monitors.capacity); \
                Settings.monitorCapacity says how many. Is a request's path taken for its endpoint?
                """, metadata: ["model": "\(model.name.shortened)", "endpoint": "\(endpoint.shortened)"])
        }
        return nil
    }

    /// Ends recording, and sends what is left.
    func end() {
        system?.stop()
        recorder.seal()
        shipment.announceEnd()
    }

    /// Ends recording, sends what is left and waits until it is committed, at most until `deadline`.
    func finish(deadline: ContinuousClock.Instant) -> MonitorReport {
        end()
        return report(shipment.finishBlocking(deadline: deadline))
    }

    /// As the synchronous form.
    func finish(deadline: ContinuousClock.Instant) async -> MonitorReport {
        end()
        return report(await shipment.finish(deadline: deadline))
    }

    /// What became of the windows. Calls after the end are counted by whoever outlives this.
    private func report(_ shipped: ShipmentReport) -> MonitorReport {
        guard let windows = shipped.others[.windows] else { return MonitorReport() }
        // Without time for it what was counted last is in no window yet.
        let report = MonitorReport(
            committed: windows.committed, spooled: windows.spooled + (recorder.isSealed ? 0 : 1),
            rejected: windows.rejected, missing: windows.missing,
            refusedMonitors: refused.load(ordering: .relaxed))
        if report.rejected > 0 || report.missing > 0 || report.refusedMonitors > 0 {
            logger.warning("not all that was monitored is in the database: \(report)")
        } else if report.spooled > 0, mode == .online {
            logger.warning(
                "windows are not in the database yet; they are sent when a collector answers: \(report)")
        }
        return report
    }
}

extension InferenceWindow {
    /// The machine under the model by its newest sample. A window keeps it wherever it waits, and for however long.
    fileprivate mutating func note(_ load: SystemLoad?) {
        cpuUsage = load?.cpu
        memoryUsage = load?.memory
        gpuUtilization = load?.gpu
    }
}
