import HyperstepRecorder
import Logging
import NIOCore

/// The shipping of one recorder: its streams, and what becomes of its file.
///
/// Lives on the shipper's event loop and is touched from nowhere else.
final class ShipmentCore {
    let recorder: Recorder
    let completion: Completion
    private let streams: [StreamShipper]
    /// Nil for an orphan, and once the program has let the run go.
    private weak var run: (any ShippedRun)?
    private var windows: WindowClock
    private let spoolsWhileConnected: Bool
    private let link: Link?
    private let logger: Logger
    private var dropReport: DropReport
    private var isDone = false
    /// All of it is committed, and its file could not be removed.
    private(set) var isLeftBehind = false
    /// Nil for an orphan, whose process is gone.
    var heartbeat: Heartbeat?
    /// Where the rings that training loops write to ended at the last look.
    private var lastEnds: (steps: UInt64, scalars: UInt64) = (0, 0)
    /// The end of the run was announced: everything is sent as soon as it can be.
    private var isFinishing = false

    /// Fuller than this, and the ring is spooled where the collector does not keep up.
    private static let spoolAbove = 0.5
    /// Fuller than this, and the ring is looked at again very soon.
    private static let busyAbove = 0.125

    init(
        recorder: Recorder, run: (any ShippedRun)?, streams: [StreamShipper], windows: WindowClock,
        spoolsWhileConnected: Bool,
        link: Link?, completion: Completion, logger: Logger
    ) {
        self.recorder = recorder
        self.run = run
        self.streams = streams
        self.windows = windows
        self.spoolsWhileConnected = spoolsWhileConnected
        self.link = link
        self.completion = completion
        self.logger = logger
        dropReport = DropReport(logger: logger)
        // What an earlier process dropped it has logged itself, and is no news of this one.
        if recorder.isOrphan { dropReport.reported = droppedOfProgram }
        for stream in streams {
            stream.onProgress = { [weak self] in self?.progressed() }
            stream.onReplacedDatabase = { [weak self] in self?.heartbeat?.hurry() }
            if stream.reader.kind == .events {
                stream.reader.announcement = { [weak self] in
                    self?.run?.announcement(inPlaceOf: $0) ?? []
                }
            }
        }
        if recorder.isOrphan { finish() }
    }

    /// Nothing more is recorded, or it is waited for: not even the smallest batch is held back any longer.
    func finish() {
        isFinishing = true
        for stream in streams { stream.sendsAtOnce = true }
    }

    /// Nothing is left to do for this recorder in this process.
    var isOver: Bool { isDone || (recorder.isOrphan && isStuck) }

    /// Some of it cannot be sent, and all else is committed.
    var isStuck: Bool { !isDone && isSettled && streams.contains { $0.halted != nil } }

    /// All that this process can send is committed.
    private var isSettled: Bool {
        // Counts that wait for room in a ring that is stuck wait for ever.
        let canTake = streams.allSatisfy { !$0.reader.kind.isOfWindows || $0.halted == nil }
        return (windows.isTaken || !canTake) && streams.allSatisfy { $0.isDrained || $0.halted != nil }
    }

    /// How long may pass from one look to the next; nil where it does not matter.
    var longestWait: TimeAmount? { windows.longestWait }

    /// Looks at the rings, sends and spools. Returns whether they fill quickly.
    func tick() -> Bool {
        var isBusy = false
        // Not while nobody takes records: an offline run would fill its spool with them.
        if link?.isConnected == true { heartbeat?.beat() }
        // First: what is counted is not there to be sent before it is in a window.
        windows.tick(isFinishing: isFinishing)
        for stream in streams {
            stream.pump(flush: true)
            let fill = stream.reader.fill
            // What stands still and cannot be sent is looked at no more often than an empty ring.
            let hasGrown = stream.hasGrown()
            isBusy = isBusy || (fill > Self.busyAbove && (hasGrown || stream.canSend))
            if fill > Self.spoolAbove && mustSpool(stream) { stream.spool() }
        }
        if recordWaiting() { isBusy = true }
        warmUp()
        dropReport.note(dropped: droppedOfProgram, causes: causesOfDrops)
        progressed()
        return isBusy
    }

    /// Whether a ring that fills is to be spooled, and not to wait for the collector. A recorder in memory has no directory
    /// to spool into.
    private func mustSpool(_ stream: StreamShipper) -> Bool {
        guard !recorder.isOrphan, !recorder.isInMemory else { return false }
        // Calls that change a run never wait for room. A change that finds none stays in memory, where a kill would take
        // it, so this ring is emptied whatever the collector answers.
        return spoolsWhileConnected || link?.isConnected != true || stream.reader.kind == .events
    }

    /// Has the run record what waits in memory for room in a ring, and makes room while that helps, a bounded number of
    /// times. Returns whether some of it waits still.
    private func recordWaiting() -> Bool {
        guard let run else { return false }
        for _ in 0..<64 {
            guard run.recordWaiting() else { return false }
            let full = streams.filter { $0.reader.fill > Self.spoolAbove && mustSpool($0) }
            guard !full.isEmpty else { return true }
            for stream in full { stream.spool() }
            guard full.allSatisfy({ $0.reader.fill <= Self.spoolAbove }) else { return true }
        }
        return true
    }

    /// Whether training loops may write much into it within a moment.
    var mayFillQuickly: Bool {
        !recorder.isSealed && (recorder.steps.isPresent || recorder.scalars.isPresent)
    }

    /// Whether a ring fills quickly since the last look.
    var fillsQuickly: Bool {
        streams.contains { $0.reader.fill > Self.busyAbove && $0.grows }
    }

    /// A page that the kernel has written to disk costs the next record on it a page fault: better taken here
    /// than in the training loop. Not while nothing is recorded, or idle programs would keep the disk busy.
    private func warmUp() {
        guard !recorder.isSealed else { return }
        let ends = (steps: recorder.steps.level.end, scalars: recorder.scalars.level.end)
        if ends.steps > lastEnds.steps {
            recorder.steps.warm(slots: Self.slotsAhead(ends.steps - lastEnds.steps))
        }
        if ends.scalars > lastEnds.scalars {
            recorder.scalars.warm(slots: Self.slotsAhead(ends.scalars - lastEnds.scalars))
        }
        lastEnds = ends
    }

    /// Twice as many as were used since the last look.
    private static func slotsAhead(_ used: UInt64) -> Int {
        Int(clamping: min(max(2 * used, 512), 8_192))
    }

    private func progressed() {
        guard !isDone else { return }
        if recorder.isSealed && streams.allSatisfy(\.isDrained) {
            retire()
        } else if isFinishing && isSettled {
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
            isLeftBehind = true
            recorder.close()
        }
        completion.complete()
    }

    /// Gives the recorder up, for a later process to adopt.
    func abandon() {
        isDone = true
        windows.takeLast()
        reportLoss()
        // First: whoever is told can adopt it at once.
        recorder.close()
        completion.complete()
    }
}

extension ShipmentCore {
    /// What has no file is gone now.
    private func reportLoss() {
        guard recorder.isInMemory, !isDrained else { return }
        logger.error(
            "records that were kept in memory only are lost: they were not committed when recording ended",
            metadata: ["records": "\(streams.reduce(0) { $0 + $1.uncommitted })"])
    }

    private var isDrained: Bool { streams.allSatisfy(\.isDrained) }
}

extension ShipmentCore {
    /// Records that the program made and that were dropped. A sample of the machine that was on its way when the run
    /// ended is none: nobody misses it.
    private var droppedOfProgram: UInt64 {
        streams.filter { $0.reader.kind != .samples || !recorder.isSealing }
            .reduce(0) { $0 + $1.reader.dropped } + recorder.monitors.dropped + recorder.instruments.dropped
    }

    /// Why records may have been dropped, as far as the recorder's state leaves it open.
    private var causesOfDrops: String {
        var causes = [
            recorder.isInMemory ? "the recorder is full, and has no spool" : "recorder and spool are full"
        ]
        if recorder.names.refused > 0 { causes.append("the names of metrics were refused") }
        if recorder.isSealing { causes.append("they came after the end") }
        return causes.joined(separator: ", or ")
    }
}

/// Says in the log that records are dropped: at once, and then at most every ten seconds while it goes on.
private struct DropReport {
    let logger: Logger
    var reported: UInt64 = 0
    private var next = NIODeadline.now()

    init(logger: Logger) {
        self.logger = logger
    }

    mutating func note(dropped: UInt64, causes: @autoclosure () -> String) {
        guard dropped > reported, NIODeadline.now() >= next else { return }
        logger.warning("records were dropped: \(causes())", metadata: ["dropped": "\(dropped)"])
        reported = dropped
        next = .now() + .seconds(10)
    }
}
