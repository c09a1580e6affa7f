import HyperstepRecorder
import HyperstepShipper
import HyperstepWire
import Logging

extension Run {
    /// How a run ended.
    public enum Outcome: Sendable, Hashable {
        /// As it was meant to.
        case finished
        /// By an error, described for a person; the first 4,096 bytes are kept.
        case failed(String)
        /// By a signal or by a person, described for a person; the first 4,096 bytes are kept.
        case killed(String)
    }

    /// Ends the run, and waits until its records are committed or `timeout` is over.
    ///
    /// What is not committed by then is not lost: it waits in the ``Settings/directory`` and is sent later, by
    /// this process while it holds the run, else by the next one. Calling it again gives a newer report; the
    /// first outcome holds.
    ///
    /// - Parameters:
    ///   - outcome: how the run ended.
    ///   - timeout: how long to wait at most, 0 to 1 day.
    /// - Returns: what became of the run's steps.
    @discardableResult
    public func finish(_ outcome: Outcome = .finished, timeout: Duration = .seconds(10)) -> FinishReport {
        end(outcome)
        guard let shipment else { return FinishReport() }
        return report(shipment.finishBlocking(deadline: .after(timeout)))
    }

    /// As the synchronous form, for asynchronous code: no thread waits.
    @discardableResult
    public func finish(
        _ outcome: Outcome = .finished, timeout: Duration = .seconds(10)
    ) async -> FinishReport {
        end(outcome)
        guard let shipment else { return FinishReport() }
        return report(await shipment.finish(deadline: .after(timeout)))
    }

    /// Records that the run ended, the first time; nothing can be recorded after it.
    func end(_ outcome: Outcome) {
        if recording?.end(outcome.event) == false {
            logger.warning(
                "the recorder had no room for the end of the run: the database does not learn of it",
                metadata: ["run": "\(id)"])
        }
    }

    private func report(_ shipped: ShipmentReport) -> FinishReport {
        let scalars = shipped.others[.scalars].map {
            FinishReport.Counts(
                committed: $0.committed, spooled: $0.spooled, dropped: $0.dropped, rejected: $0.rejected)
        }
        let report = FinishReport(
            committed: shipped.committed, spooled: shipped.spooled, dropped: shipped.dropped,
            rejected: shipped.rejected, scalars: scalars ?? FinishReport.Counts(),
            refusedNames: recording?.recorder.names.refused ?? 0)
        let lost =
            report.dropped + report.rejected + report.scalars.dropped + report.scalars.rejected
        if lost > 0 || report.refusedNames > 0 {
            logger.warning("the run is not whole: \(report)", metadata: ["run": "\(id)"])
        } else if report.spooled + report.scalars.spooled > 0, mode == .online {
            logger.warning(
                "not all of the run is in the database yet; what is spooled is sent when a collector answers: \(report)",
                metadata: ["run": "\(id)"])
        }
        return report
    }
}

extension Run.Outcome {
    fileprivate var event: RunEvent.Event {
        switch self {
        case .finished: .finished(.finished, reason: "")
        case .failed(let reason):
            .finished(.failed, reason: reason.truncated(toBytes: WireLimits.maxReasonBytes))
        case .killed(let reason):
            .finished(.killed, reason: reason.truncated(toBytes: WireLimits.maxReasonBytes))
        }
    }
}

extension ContinuousClock.Instant {
    /// Now plus `timeout`, which is brought into 0 to 1 day first: any other could overflow.
    static func after(_ timeout: Duration) -> Self {
        .now + min(max(timeout, .zero), .seconds(86_400))
    }
}
