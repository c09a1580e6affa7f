import HyperstepRecorder
import HyperstepWire
import Logging
import NIOCore
import Synchronization

/// Sends one stream to the collector and lets go of what is committed.
///
/// Lives on the shipper's event loop and is touched from nowhere else. What it decides, `StreamWindow` decides;
/// here are the reading, the sending and the log.
final class StreamShipper {
    let reader: StreamReader
    private let link: Link?
    /// Where refused batches are kept; nil where there is no disk to keep them on.
    private let setAside: SetAside?
    private let limits: ShipperConfiguration
    private var logger: Logger
    private var window: StreamWindow
    private var backoff = Backoff()
    private var generator = SystemRandomNumberGenerator()
    /// A batch's bytes are not all with the socket yet: the next one waits, so that they arrive in order.
    private var isSending = false
    private var pausedUntil: NIODeadline?
    /// Why nothing more can be sent, if so.
    private(set) var halted: String?
    private var saidSpoolFull = false
    private var saidUnsendable = false
    private var missing = MissingPositions()
    private var nextRejectionReport: UInt64 = 1
    private var lastEnd: UInt64 = 0
    /// Read from other threads for reports.
    let progress: StreamProgress
    /// Whether a batch is sent however small it is.
    var sendsAtOnce = false
    /// Called whenever more is committed.
    var onProgress: () -> Void = {}
    /// Called when the collector turns out to have less of the stream than it had committed.
    var onReplacedDatabase: () -> Void = {}

    init(
        reader: StreamReader, link: Link?, setAside: SetAside?, limits: ShipperConfiguration,
        progress: StreamProgress, logger: Logger
    ) {
        self.reader = reader
        self.link = link
        self.setAside = setAside
        self.limits = limits
        self.logger = logger
        self.logger[metadataKey: "stream"] = "\(reader.stream)"
        self.progress = progress
        window = StreamWindow(from: reader.start)
        progress.started(at: reader.start)
        reader.onUnsendable = { [weak self] in self?.note(unsendable: $0, $1) }
    }

    /// Whether more was recorded since the last look.
    var grows: Bool { reader.end > lastEnd }

    /// Looks whether more was recorded since the last look.
    func hasGrown() -> Bool {
        let end = reader.end
        defer { lastEnd = end }
        return end > lastEnd
    }

    /// Whether there is a collector that takes records of this stream now.
    var canSend: Bool {
        halted == nil && pausedUntil.map { NIODeadline.now() >= $0 } ?? true && link?.isReady == true
    }

    /// Records that are not committed.
    var uncommitted: UInt64 { reader.end - min(reader.end, window.committed) }

    /// Whether all that was recorded is committed.
    var isDrained: Bool { window.committed >= reader.end }

    /// Sends what can be sent. Without `flush` only a whole batch is worth a request.
    func pump(flush: Bool) {
        guard halted == nil, !isSending, window.batchesInFlight < limits.batchesInFlight else { return }
        let worthwhile = flush || sendsAtOnce ? 1 : UInt64(limits.batchRows)
        guard reader.available(from: window.next) >= worthwhile else { return }
        if let pausedUntil {
            guard NIODeadline.now() >= pausedUntil else { return }
            self.pausedUntil = nil
        }
        guard let link, link.isReady else { return }
        do {
            guard let piece = try reader.piece(from: window.next, limit: limits.batchRows) else { return }
            guard piece.first <= window.next, piece.last > window.next else {
                halt("position \(window.next) was asked for and [\(piece.first), \(piece.last)) was found")
                return
            }
            send(piece, on: link)
        } catch {
            pause("\(error)", nil)
        }
    }

    private func send(_ piece: StreamReader.Piece, on link: Link) {
        let ticket = window.send(first: piece.first, last: piece.last)
        isSending = true
        link.post(piece.bytes) { [weak self] in
            self?.isSending = false
            self?.pump(flush: false)
        } onAnswer: { [weak self] answer in
            self?.answered(answer, ticket, piece)
        }
    }

    private func answered(_ answer: Answer, _ ticket: StreamWindow.Ticket, _ piece: StreamReader.Piece) {
        switch answer {
        case .acknowledged(let position, let rejected):
            link?.worked()
            backoff.reset()
            if let rejected { note(rejected, of: piece) }
            if piece.isGone, position >= piece.last { noteMissing(piece) }
            perform(window.acknowledged(ticket, upTo: position, end: reader.end))
        case .gap(let position):
            link?.worked()
            if position < reader.start { onReplacedDatabase() }
            perform(window.gap(ticket, next: position, end: reader.end))
        case .refused(let reason):
            giveUp(piece, ticket, reason)
        case .unavailable(let reason, let retryAfter):
            guard window.failed(ticket) == .rewound else { return }
            link?.refused(reason)
            pause(nil, retryAfter)
        }
    }

    /// Counts what was committed and let go, and is not in the database any more, and logs it once for each time that
    /// the database was replaced.
    private func noteMissing(_ piece: StreamReader.Piece) {
        let new = missing.insert(piece.first..<piece.last)
        guard new > 0 else { return }
        progress.missing(missing.count)
        logger.warning(
            """
            records that were committed are not in the database any more, and cannot be sent again: it was replaced, or \
            restored from an older backup\(reader.kind == .events ? "; the run is announced again" : "")
            """,
            metadata: [
                "records": "\(reader.kind.rawValue)", "missing": "\(new)", "first": "\(piece.first)",
                "last": "\(piece.last)",
            ])
    }

    /// Counts what was refused, and says so at once and then whenever it is twice as much: what is refused for its
    /// name may come with every batch.
    private func note(_ rejected: Rejection, of piece: StreamReader.Piece) {
        let all = piece.last - piece.first
        progress.rejected(min(rejected.count ?? all, all))
        guard progress.rejected >= nextRejectionReport else { return }
        nextRejectionReport = progress.rejected * 2
        logger.error(
            "records were refused for good",
            metadata: [
                "reason": "\(rejected.reason)", "refused": "\(progress.rejected)", "first": "\(piece.first)",
                "last": "\(piece.last)",
            ])
    }

    /// A record that the contract has no form for is a mistake of ours: counted as refused, and said once.
    private func note(unsendable position: UInt64, _ reason: String) {
        progress.rejected(1)
        guard !saidUnsendable else { return }
        saidUnsendable = true
        logger.error(
            "a record cannot be sent and is lost: no batch can be made of it, a mistake of Hyperstep",
            metadata: ["reason": "\(reason)", "position": "\(position)"])
    }

    private func perform(_ action: StreamWindow.Action) {
        switch action {
        case .release(let position):
            do {
                try reader.release(upTo: position)
            } catch {
                logger.warning("committed records could not be deleted", metadata: ["reason": "\(error)"])
            }
            progress.committed(upTo: position)
            onProgress()
            pump(flush: false)
        case .rewound: pump(flush: true)
        case .ignore: break
        case .halt(let collector, let held):
            halt(
                "the collector has \(collector) records of it and it never held more than \(held): "
                    + "was the recorder's file copied or restored?")
        }
    }

    /// Going on would lose records or write them twice.
    private func halt(_ reason: String) {
        halted = reason
        logger.error("this stream is not sent any further", metadata: ["reason": "\(reason)"])
        onProgress()
    }

    /// The collector will never take these bytes: they are kept aside, and the stream moves on without them.
    private func giveUp(_ piece: StreamReader.Piece, _ ticket: StreamWindow.Ticket, _ reason: String) {
        guard window.failed(ticket) == .rewound else { return }
        do {
            if let file = try setAside?.keep(piece, of: reader.stream) {
                logger.error(
                    "the collector refused records; their bytes are kept in a file",
                    metadata: ["reason": "\(reason)", "file": "\(file)"])
            } else {
                logger.error(
                    "the collector refused records; they are lost, as there is no state directory to keep them in",
                    metadata: ["reason": "\(reason)", "first": "\(piece.first)", "last": "\(piece.last)"])
            }
            progress.rejected(piece.last - piece.first)
            reader.giveUp(
                piece.first..<piece.last, Skip(reason: .refused, detail: String(reason.prefix(200))))
            pump(flush: true)
        } catch {
            pause("the collector refused records (\(reason)) that could not be kept aside: \(error)", nil)
        }
    }

    private func pause(_ problem: String?, _ retryAfter: Duration?) {
        if let problem { logger.error("records cannot be sent for now", metadata: ["reason": "\(problem)"]) }
        let wait = retryAfter ?? backoff.next(using: &generator)
        pausedUntil = .now() + .milliseconds(wait.milliseconds)
    }

    /// Makes room in the ring, where the collector does not.
    func spool() {
        do {
            let isRoom = try reader.spoolRing(limit: limits.batchRows)
            if !isRoom && !saidSpoolFull {
                logger.error(
                    "the spool is full: when the recorder is full too, new records are dropped and counted",
                    metadata: ["limit": "\(limits.spoolLimit) bytes", "directory": "\(limits.directory)"])
            }
            saidSpoolFull = !isRoom
        } catch {
            if !saidSpoolFull { logger.error("records cannot be spooled", metadata: ["reason": "\(error)"]) }
            saidSpoolFull = true
        }
    }
}

/// How far a stream is, for threads other than the shipper's.
final class StreamProgress: Sendable {
    // Relaxed: each is a number on its own that only grows; nothing else is read because of it.
    private let start = Atomic<UInt64>(0)
    private let next = Atomic<UInt64>(0)
    private let refused = Atomic<UInt64>(0)
    private let gone = Atomic<UInt64>(0)

    func started(at position: UInt64) {
        start.store(position, ordering: .relaxed)
        next.store(position, ordering: .relaxed)
    }
    func committed(upTo position: UInt64) { next.store(position, ordering: .relaxed) }
    func rejected(_ count: UInt64) { refused.wrappingAdd(count, ordering: .relaxed) }
    /// Says how many records were committed and are not in the database any more.
    func missing(_ count: UInt64) { gone.store(count, ordering: .relaxed) }

    /// The position up to which all is committed (refused records, too, are behind it).
    var position: UInt64 { next.load(ordering: .relaxed) }
    /// Records that the collector or its database refused.
    var rejected: UInt64 { refused.load(ordering: .relaxed) }
    /// Records that were committed and are not in the database any more.
    var missing: UInt64 { gone.load(ordering: .relaxed) }
    /// Records that this process committed and that are in the database still.
    var committed: UInt64 {
        let passed = position &- min(position, start.load(ordering: .relaxed))
        let kept = passed - min(passed, rejected)
        return kept - min(kept, missing)
    }
}
