import HyperstepRecorder
import HyperstepWire
import Logging
import NIOConcurrencyHelpers

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The experiments of a run that have not ended, and rows of all of them that wait for room.
struct OpenExperiments {
    /// By what they are and not by their ids: a program may give one id twice.
    fileprivate var logs: [ObjectIdentifier: ExperimentLog] = [:]
    fileprivate var hasLoggedFull = false
    /// Rows for which the ring had no room, the oldest first.
    fileprivate var waiting: [[UInt8]] = []
    fileprivate var waitingBytes = 0
    /// Whether the run has ended, so that nobody takes rows that wait any more.
    fileprivate var isOver = false
}

/// What became of a row of an experiment.
enum RowOutcome {
    /// It is in the ring, or waits for room there.
    case taken
    /// It is lost, and counted.
    case dropped
    /// There is no room for it, and the caller is to try again.
    case noRoomNow
}

/// A row goes into the ring at once where there is room. Where there is none it waits in memory, within a bound, until the
/// shipper's thread has made room: a search that ends many trials at once loses none of them. Rows that wait at the
/// moment in which the process is killed are lost.
extension Recording {
    /// More open experiments than this do not end with their run.
    static let mostOpenExperiments = 4_096
    /// Bytes of rows that wait in memory for room in the ring.
    static let mostWaitingBytes = 8 << 20

    /// Has an experiment end with the run.
    func follow(_ log: ExperimentLog, _ logger: Logger) {
        let isNews = experiments.withLockedValue { open in
            guard open.logs.count >= Self.mostOpenExperiments else {
                open.logs[ObjectIdentifier(log)] = log
                return false
            }
            defer { open.hasLoggedFull = true }
            return !open.hasLoggedFull
        }
        guard isNews else { return }
        logger.warning(
            """
            a run has more than \(Self.mostOpenExperiments) open experiments: those beyond do not end with it, and stay \
            "running" unless they are finished themselves
            """, metadata: ["run": "\(runID)"])
    }

    /// An experiment has ended by itself.
    func unfollow(_ log: ExperimentLog) {
        experiments.withLockedValue { $0.logs[ObjectIdentifier(log)] = nil }
    }

    /// How long the end of a run waits for a row that waits to be taken, and for all of them, where `deadline` is
    /// earlier: who does not wait for the collector waits for room on this machine, so that no row is lost.
    private static let patience = (one: Duration.milliseconds(200), all: Duration.seconds(5))

    /// Ends the experiments that are still open, and waits until all rows are in the ring: until `deadline`, and beyond
    /// it as long as rows are taken, for 5 seconds at most. What waits then is dropped and counted.
    func endExperiments(
        _ status: Experiment.Status, until deadline: ContinuousClock.Instant, _ logger: Logger
    ) {
        let open = experiments.withLockedValue { open in
            defer { open.logs = [:] }
            return open.logs.values
        }
        let change = ExperimentLog.Change(end: status)
        for log in open { log.add(change, to: self, until: deadline, logger) }
        let end = ContinuousClock.now + Self.patience.all
        var (waiting, next) = (Int.max, ContinuousClock.now)
        while true {
            let left = recordWaitingExperiments()
            if left < waiting { (waiting, next) = (left, .now + Self.patience.one) }
            guard left > 0, .now < max(deadline, min(next, end)) else { break }
            wakeShipper()
            usleep(1_000)
        }
        experiments.withLockedValue { open in
            for _ in open.waiting { recorder.experiments.countDrop() }
            open.waiting = []
            open.isOver = true
        }
    }

    /// Puts a row of an experiment into the recorder, or has it wait for room there. What is refused is counted.
    ///
    /// Under this lock nobody waits for room, so that the end of a run can be recorded at any time.
    func record(_ row: ExperimentEvent, mayWait: Bool) -> RowOutcome {
        // Its parts were brought within the contract's limits before; if they were not, no program should end by it.
        guard let payload = try? row.encoded() else {
            recorder.experiments.countDrop()
            return .dropped
        }
        let (outcome, mustWake) = experiments.withLockedValue { open -> (RowOutcome, Bool) in
            let hasRoom = open.waiting.isEmpty && recorder.experiments.level.fill < 1
            if hasRoom || recorder.isSealed || (open.isOver && !waits) {
                let isRecorded = recorder.experiments.record(payload) == .recorded
                return (isRecorded ? .taken : .dropped, false)
            }
            // Who waits for room wants each row to be in the file when the call returns.
            if waits { return (.noRoomNow, true) }
            if open.waitingBytes + payload.count <= Self.mostWaitingBytes {
                open.waiting.append(payload)
                open.waitingBytes += payload.count
                return (.taken, open.waiting.count == 1)
            }
            if mayWait { return (.noRoomNow, true) }
            recorder.experiments.countDrop()
            return (.dropped, false)
        }
        if mustWake { wakeShipper() }
        return outcome
    }

    /// Moves rows that wait into the ring, as far as it has room. Returns how many are left.
    func recordWaitingExperiments() -> Int {
        experiments.withLockedValue { open in
            var count = 0
            while count < open.waiting.count, recorder.experiments.level.fill < 1, !recorder.isSealing {
                guard recorder.experiments.record(open.waiting[count]) == .recorded else { break }
                open.waitingBytes -= open.waiting[count].count
                count += 1
            }
            open.waiting.removeFirst(count)
            return open.waiting.count
        }
    }
}
