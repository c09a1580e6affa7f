import HyperstepWire
import Logging
import NIOConcurrencyHelpers

/// What this process's monitors record into: one recorder for each set of settings.
package final class MonitorRegistry: Sendable {
    package static let shared = MonitorRegistry()

    private let recordings = NIOLockedValueBox<[ResolvedSettings: MonitorRecording]>([:])
    /// Calls of monitors that have ended, also of those that ended long ago.
    private let late = LateCalls.Count()

    /// As `InferenceMonitor.start`.
    func monitor(
        model: String, modelVersion: String?, endpoint: String, settings: Settings, logger: Logger
    ) throws(StartError) -> InferenceMonitor {
        do throws(StartError) {
            let settings = try settings.resolved(environment: settings.environment)
            let description = try Model(checking: model, version: modelVersion)
            let endpoint = try endpoint.checked(as: "endpoint")
            let recording =
                settings.mode == .disabled ? nil : try recording(for: settings, logger: logger)
            return InferenceMonitor(
                model: model, modelVersion: modelVersion, endpoint: endpoint,
                series: recording?.series(of: description, endpoint: endpoint), late: recording?.late)
        } catch {
            throw error.starting("the monitor")
        }
    }

    /// The recording for these settings; the first call makes it.
    ///
    /// - Throws: ``StartError`` where the directory cannot be used.
    func recording(
        for settings: ResolvedSettings, logger: Logger
    ) throws(StartError) -> MonitorRecording {
        try recordings.withLockedValue { recordings in
            Result { () throws(StartError) in
                if let known = recordings[settings] { return known }
                let made = try MonitorRecording(settings, late: late, logger: logger)
                recordings[settings] = made
                return made
            }
        }.get()
    }

    /// As `InferenceMonitor.shutdown`.
    func shutdown(timeout: Duration) -> MonitorReport {
        let deadline = ContinuousClock.Instant.after(timeout)
        let report = end().map { $0.finish(deadline: deadline) }.reduce(MonitorReport(), +)
        return report + MonitorReport(dropped: late.take())
    }

    /// As `InferenceMonitor.shutdown`.
    func shutdown(timeout: Duration) async -> MonitorReport {
        let deadline = ContinuousClock.Instant.after(timeout)
        var report = MonitorReport()
        for recording in end() { report = report + (await recording.finish(deadline: deadline)) }
        return report + MonitorReport(dropped: late.take())
    }

    /// Ends what records into a directory, and waits until it is sent or `timeout` is over. For a directory that is
    /// to go.
    package func shutdown(directory: String, timeout: Duration) async {
        let deadline = ContinuousClock.Instant.after(timeout)
        for recording in end(where: { $0.directory == directory }) {
            _ = await recording.finish(deadline: deadline)
        }
    }

    /// Gives recordings up: whoever asks after it gets new ones. All of them are ended before one is waited for.
    private func end(where isMeant: (ResolvedSettings) -> Bool = { _ in true }) -> [MonitorRecording] {
        let ended = recordings.withLockedValue { recordings in
            let meant = recordings.filter { isMeant($0.key) }
            recordings = recordings.filter { !isMeant($0.key) }
            return Array(meant.values)
        }
        for recording in ended { recording.end() }
        return ended
    }
}
