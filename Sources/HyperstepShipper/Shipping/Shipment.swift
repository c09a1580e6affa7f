import Dispatch
import HyperstepRecorder

/// The shipping of one recorder, as its owner sees it.
public final class Shipment: Sendable {
    private let shipper: Shipper
    private let recorder: Recorder
    private let progress: [StreamKind: StreamProgress]
    private let completion: Completion

    init(shipper: Shipper, recorder: Recorder, progress: [StreamKind: StreamProgress], completion: Completion)
    {
        self.shipper = shipper
        self.recorder = recorder
        self.progress = progress
        self.completion = completion
    }

    /// What became of the recorder's records so far. From any thread.
    public var report: ShipmentReport {
        ShipmentReport(
            Dictionary(uniqueKeysWithValues: progress.map { ($0, counts(of: $0, $1)) }))
    }

    private func counts(of kind: StreamKind, _ progress: StreamProgress) -> StreamReport {
        let level = recorder.level(of: kind)
        return StreamReport(
            committed: progress.committed, spooled: level.end - min(level.end, progress.position),
            dropped: level.dropped, rejected: progress.rejected, missing: progress.missing)
    }

    /// Has the shipper look at the recorder now: something waits for room in a ring. From any thread; it waits for nothing.
    public func wake() { shipper.wake() }

    /// Says that nothing more is recorded: what is left is sent at once. For whoever ends several, before waiting
    /// for each.
    ///
    /// Does nothing in a child by `fork`, which has no shipper.
    public func announceEnd() {
        guard !recorder.isOfParent else { return }
        shipper.finish(recorder.id)
    }

    /// Sends what is left and waits until it is committed, at most until `deadline`.
    ///
    /// Seal the recorder first, or what is recorded meanwhile is waited for as well. What is not committed by
    /// the deadline is still sent as long as the shipment is held, and adopted by a later shipper after that.
    public func finish(deadline: ContinuousClock.Instant) async -> ShipmentReport {
        guard !recorder.isOfParent else { return report }
        announceEnd()
        await completion.wait(until: deadline)
        return report
    }

    /// As `finish(deadline:)`, for synchronous code: the calling thread waits.
    public func finishBlocking(deadline: ContinuousClock.Instant) -> ShipmentReport {
        guard !recorder.isOfParent else { return report }
        announceEnd()
        let done = DispatchSemaphore(value: 0)
        completion.onComplete { done.signal() }
        let wait = max(ContinuousClock.now.duration(to: deadline), .zero)
        _ = done.wait(timeout: .now() + .milliseconds(Int(clamping: min(wait.milliseconds, 1 << 40))))
        return report
    }
}

extension Recorder {
    fileprivate func level(of kind: StreamKind) -> (end: UInt64, dropped: UInt64) {
        let level =
            switch kind {
            case .events: events.level
            case .steps: steps.level
            case .scalars: scalars.level
            case .experiments: experiments.level
            case .samples: samples.level
            case .windows: windows.level
            case .series: seriesWindows.level
            }
        switch kind {
        case .windows: return (level.end, monitors.dropped)
        case .series: return (level.end, instruments.dropped)
        default: return (level.end, level.dropped)
        }
    }
}
