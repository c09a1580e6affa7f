import HyperstepClock
package import HyperstepRecorder
import HyperstepShipper
package import Logging

/// A recorder of the series of a process's metrics, and what sends their windows.
package final class SeriesRecording: Sendable {
    /// What the series count into.
    package let instruments: Instruments
    private let recorder: Recorder
    private let shipment: Shipment
    private let mode: Settings.Mode

    /// Nil in the mode `disabled`. A service that is given holds over that of the settings.
    ///
    /// - Throws: ``StartError`` where a name or a setting is nonsense, or the directory cannot be used.
    package static func start(
        service: String?, run: Run?, settings: Settings, logger: Logger
    ) throws(StartError) -> SeriesRecording? {
        var settings = settings
        settings.service = service ?? settings.service
        do throws(StartError) {
            let settings = try settings.resolved(environment: settings.environment)
            guard settings.mode != .disabled else { return nil }
            return try SeriesRecording(settings, run: run, logger: logger)
        } catch {
            throw error.starting("the metrics")
        }
    }

    private init(_ settings: ResolvedSettings, run: Run?, logger: Logger) throws(StartError) {
        settings.warnOfEnvironment(logger)
        recorder = try settings.makeSeriesRecorder(run: run, logger: logger)
        instruments = recorder.instruments
        shipment = try settings.ship(recorder, logger: logger)
        mode = settings.mode
    }

    /// The series of an encoded description; nil where there is no room for another.
    package func series(_ description: [UInt8]) -> InstrumentSeries? {
        instruments.series(description, at: SystemClock.wall)
    }

    /// What became of the windows so far, as the stream of them says.
    package struct Shipped: Sendable {
        package let committed: UInt64
        package let spooled: UInt64
        package let rejected: UInt64
        package let missing: UInt64
        package let dropped: UInt64
        /// Whether they could have been sent.
        package let isOnline: Bool
    }

    /// Ends recording, sends what is left and waits until it is committed or `timeout` is over.
    package func finish(timeout: Duration) -> Shipped {
        recorder.seal()
        return shipped(shipment.finishBlocking(deadline: .after(timeout)))
    }

    /// As the synchronous form.
    package func finish(timeout: Duration) async -> Shipped {
        recorder.seal()
        return shipped(await shipment.finish(deadline: .after(timeout)))
    }

    private func shipped(_ report: ShipmentReport) -> Shipped {
        let windows = report.others[.series]
        // Without time for it what was counted last is in no window yet.
        return Shipped(
            committed: windows?.committed ?? 0,
            spooled: (windows?.spooled ?? 0) + (recorder.isSealed ? 0 : 1),
            rejected: windows?.rejected ?? 0, missing: windows?.missing ?? 0, dropped: windows?.dropped ?? 0,
            isOnline: mode == .online)
    }
}
