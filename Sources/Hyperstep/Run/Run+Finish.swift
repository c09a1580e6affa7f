import HyperstepRecorder
import HyperstepShipper
import HyperstepSystem
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
    /// first outcome holds. Where the process ends by a signal meanwhile (``finishOnSignals(_:timeout:)``) it does not
    /// come back.
    ///
    /// - Parameters:
    ///   - outcome: how the run ended.
    ///   - timeout: how long to wait at most, 0 to 1 day.
    /// - Returns: what became of the run's steps, of the values of its metrics, and of its experiments.
    @discardableResult
    public func finish(_ outcome: Outcome = .finished, timeout: Duration = .seconds(10)) -> FinishReport {
        let deadline = ContinuousClock.Instant.after(timeout)
        end(outcome, until: deadline)
        let report = settle(until: deadline)
        SignalWatch.shared.stayWhereProcessEnds()
        return report
    }

    /// Waits until what was recorded is committed, at most until `deadline`.
    func settle(until deadline: ContinuousClock.Instant) -> FinishReport {
        guard let shipment else { return FinishReport() }
        return report(shipment.finishBlocking(deadline: deadline))
    }

    /// As the synchronous form, for asynchronous code: no thread waits, unless for room for the last rows of experiments,
    /// where very many come at the end.
    @discardableResult
    public func finish(
        _ outcome: Outcome = .finished, timeout: Duration = .seconds(10)
    ) async -> FinishReport {
        let deadline = ContinuousClock.Instant.after(timeout)
        end(outcome, until: deadline)
        guard let shipment else { return FinishReport() }
        let report = report(await shipment.finish(deadline: deadline))
        await SignalWatch.shared.stayWhereProcessEnds()
        return report
    }

    /// Whether the run has ended: by ``finish(_:timeout:)-(_,_)`` from any thread, or by a signal
    /// (``finishOnSignals(_:timeout:)``). What is recorded from then on is dropped.
    ///
    /// Where it is false, steps and values that this thread recorded before are not affected by an end. So a loop that keeps checkpoints
    /// asks it before it writes one: a checkpoint from after the end would hide steps that were never recorded from
    /// the attempt that goes on from there.
    ///
    /// ```swift
    /// for epoch in epochs {
    ///     try train(epoch, recordingTo: run)
    ///     if run.isFinished { break }
    ///     try checkpoint(after: epoch).write()
    /// }
    /// ```
    ///
    /// It reads memory, and may be asked after every step. In the mode `disabled` it is always false.
    public var isFinished: Bool { recording?.recorder.isSealing ?? false }

    /// Records that the run ended, the first time; nothing can be recorded after it.
    ///
    /// In a child of the recording process, made by `fork`, it does nothing: the run is its parent's.
    func end(_ outcome: Outcome, until deadline: ContinuousClock.Instant) {
        if let recorder = recording?.recorder, recorder.isOfParent {
            return LimitedWarnings.shared.warn(
                "fork", logger,
                "finish has no effect in a process that was forked from the one that records: the run goes on there",
                ["run": "\(id)"])
        }
        system?.stop()
        if recording?.end(outcome, until: deadline, logger) == false {
            logger.warning(
                "the recorder had no room for the end of the run: the database does not learn of it",
                metadata: ["run": "\(id)"])
        }
    }

    private func report(_ shipped: ShipmentReport) -> FinishReport {
        let report = FinishReport(
            committed: shipped.committed, spooled: shipped.spooled, dropped: shipped.dropped,
            rejected: shipped.rejected, missing: shipped.missing,
            scalars: FinishReport.Counts(shipped.others[.scalars]),
            experiments: FinishReport.Counts(shipped.others[.experiments]),
            refusedNames: recording?.recorder.names.refused ?? 0, leftOut: recording?.leftOut ?? 0,
            isEndKnown: shipped.hasEvents)
        if report.isMissingRecords {
            logger.warning("the run is not whole: \(report)", metadata: ["run": "\(id)"])
        } else if report.isWaiting, recording?.recorder.isInMemory == true {
            logger.warning(
                """
                not all of the run is in the database yet, and it is kept in memory only: what is not committed when the \
                process ends is lost: \(report)
                """, metadata: ["run": "\(id)"])
        } else if report.isWaiting, mode == .online {
            logger.warning(
                "not all of the run is in the database yet; what is spooled is sent when a collector answers: \(report)",
                metadata: ["run": "\(id)"])
        }
        return report
    }
}

extension Run.Outcome {
    var event: RunEvent.Event {
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
