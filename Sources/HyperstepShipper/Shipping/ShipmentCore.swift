import HyperstepRecorder
import Logging
import NIOCore

/// The shipping of one recorder: its streams, and what becomes of its file.
///
/// Lives on the shipper's event loop and is touched from nowhere else.
final class ShipmentCore {
    let recorder: Recorder
    let completion: Completion
    private let steps: StreamShipper
    private let events: StreamShipper
    private let spoolsWhileConnected: Bool
    private let link: Link?
    private let logger: Logger
    private var dropReport: DropReport
    private var isDone = false
    /// Nil for an orphan, whose process is gone.
    var heartbeat: Heartbeat?
    /// Where the steps' ring ended at the last look.
    private var lastEnd: UInt64 = 0
    /// The end of the run was announced: everything is sent as soon as it can be.
    private var isFinishing = false

    /// Fuller than this, and the ring is spooled where the collector does not keep up.
    private static let spoolAbove = 0.5
    /// Fuller than this, and the ring is looked at again very soon.
    private static let busyAbove = 0.125

    init(
        recorder: Recorder, steps: StreamShipper, events: StreamShipper, spoolsWhileConnected: Bool,
        link: Link?,
        completion: Completion, logger: Logger
    ) {
        self.recorder = recorder
        self.steps = steps
        self.events = events
        self.spoolsWhileConnected = spoolsWhileConnected
        self.link = link
        self.completion = completion
        self.logger = logger
        dropReport = DropReport(logger: logger)
        for stream in [events, steps] {
            stream.onProgress = { [weak self] in self?.progressed() }
        }
        if recorder.isOrphan { finish() }
    }

    /// Nothing more is recorded, or it is waited for: not even the smallest batch is held back any longer.
    func finish() {
        isFinishing = true
        steps.sendsAtOnce = true
        events.sendsAtOnce = true
    }

    /// Nothing is left to do for this recorder in this process.
    var isOver: Bool { isDone || (recorder.isOrphan && isHalted) }

    private var isHalted: Bool { steps.halted != nil || events.halted != nil }

    /// Looks at the rings, sends and spools. Returns whether they fill quickly.
    func tick() -> Bool {
        var isBusy = false
        // Not while nobody takes records: an offline run would fill its spool with them.
        if link?.isConnected == true { heartbeat?.beat() }
        for stream in [events, steps] {
            stream.pump(flush: true)
            let fill = stream.reader.fill
            isBusy = isBusy || fill > Self.busyAbove
            let mayWait = recorder.isOrphan || (!spoolsWhileConnected && link?.isConnected == true)
            if fill > Self.spoolAbove && !mayWait { stream.spool() }
        }
        warmUp()
        dropReport.note(dropped: steps.reader.dropped + events.reader.dropped)
        progressed()
        return isBusy
    }

    /// A page that the kernel has written to disk costs the next record on it a page fault: better taken here
    /// than in the training loop. Not while nothing is recorded, or idle programs would keep the disk busy.
    private func warmUp() {
        let end = recorder.steps.level.end
        guard !recorder.isSealed, end > lastEnd else { return }
        recorder.steps.warm(slots: Int(clamping: min(max(2 * (end - lastEnd), 512), 8_192)))
        lastEnd = end
    }

    private func progressed() {
        guard !isDone else { return }
        let isDrained = steps.isDrained && events.isDrained
        if isDrained && recorder.isSealed {
            retire()
        } else if isHalted || (isFinishing && isDrained) {
            completion.complete()
        }
    }

    /// All that was ever recorded is committed: the file goes.
    private func retire() {
        isDone = true
        do {
            try recorder.remove()
        } catch {
            logger.warning("a recorder's file could not be deleted", metadata: ["reason": "\(error)"])
            recorder.close()
        }
        completion.complete()
    }

    /// Gives the recorder up, for a later process to adopt.
    func abandon() {
        isDone = true
        // First: whoever is told can adopt it at once.
        recorder.close()
        completion.complete()
    }
}

/// Says in the log that records are dropped: at once, and then at most every ten seconds while it goes on.
private struct DropReport {
    let logger: Logger
    private var reported: UInt64 = 0
    private var next = NIODeadline.now()

    init(logger: Logger) {
        self.logger = logger
    }

    mutating func note(dropped: UInt64) {
        guard dropped > reported, NIODeadline.now() >= next else { return }
        logger.warning(
            "records were dropped: recorder and spool are full, or the run had finished",
            metadata: ["dropped": "\(dropped)"])
        reported = dropped
        next = .now() + .seconds(10)
    }
}
