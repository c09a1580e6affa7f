import Synchronization

/// A series whose windows are taken.
protocol CountedSeries: Sendable {
    associatedtype Place: CountedPlace
    var place: Place { get }
}

/// One area of series, of monitors as of instruments, as those see it who take its windows: who may take them, what
/// moment they end at, and when recording has ended for good.
final class WindowedArea: Sendable {
    /// How many series there may be; 0 where there is no such area, and `head` is never looked at.
    let capacity: Int
    let isOrphan: Bool
    private let head: AreaHead
    private let windows: WindowRing
    private let fileCopy: RecorderMemory?
    /// Held while windows are taken. The value: whether the file is given up and nobody may take any more.
    private let isGivenUp = Locked(false)

    /// `fileCopy`: of an orphan what is taken is written to it, too; nil where the memory is the file, or where a
    /// damaged one must not be written to.
    init(head: AreaHead, capacity: Int, windows: WindowRing, isOrphan: Bool, fileCopy: RecorderMemory?) {
        self.head = head
        self.capacity = capacity
        self.windows = windows
        self.isOrphan = isOrphan
        self.fileCopy = fileCopy
    }

    /// How many series are in the file.
    var count: Int { capacity == 0 ? 0 : Int(head.count.pointee.load(ordering: .acquiring)) }

    /// Makes one series more known. Releasing: who sees the count sees the series. Killed before it, it does not
    /// exist.
    func publish(count: Int) { head.count.pointee.store(UInt64(count), ordering: .releasing) }

    /// Calls that found recording ended.
    var dropped: UInt64 { capacity == 0 ? 0 : head.dropped.pointee.load(ordering: .relaxed) }

    /// Notes that the program lives.
    func touch(at time: Int64) {
        guard capacity > 0, !isOrphan else { return }
        // Relaxed: it means something on its own.
        head.seen.pointee.store(UInt64(clamping: time), ordering: .relaxed)
    }

    /// Takes the windows of all series there are by then.
    func takeWindows<Series: CountedSeries>(
        at time: Int64, of all: () -> [Series], afterStore: @escaping () -> Void,
        isUntaken: (Series) -> Bool, take: (Series, WindowPublisher, _ end: Int64) -> WindowOutcome
    ) -> WindowTaking {
        isGivenUp.withLock { isGivenUp in
            // A call that ran at the moment of the end may have counted since; it was told that it had not.
            guard capacity > 0, !isGivenUp, !windows.core.isSealed else { return WindowTaking() }
            touch(at: time)
            let end = Int64(clamping: head.seen.pointee.load(ordering: .relaxed))
            // Before the counters are read: what was counted by then is in this window or an earlier one.
            let isSealed = head.sealed.pointee.load(ordering: .sequentiallyConsistent) != 0
            let publisher = WindowPublisher(
                windows: windows, fileCopy: fileCopy, isOrphan: isOrphan, afterStore: afterStore)
            let series = all()
            if isOrphan { series.forEach { publisher.forgetUnpublished($0.place) } }
            let taking = WindowTaking(of: series, isUntaken: isUntaken) { take($0, publisher, end) }
            if isSealed && taking.isComplete { windows.core.seal() }
            return taking
        }
    }

    /// Ends counting. The ring of windows ends with it if nothing is left to be taken, else with the last window.
    func seal(hasUntaken: () -> Bool) {
        guard capacity > 0 else { return windows.core.seal() }
        head.sealed.pointee.store(1, ordering: .sequentiallyConsistent)
        isGivenUp.withLock { _ in
            if !hasUntaken() { windows.core.seal() }
        }
    }

    /// Ends the taking of windows, and waits for one that is going on: another process will take the rest.
    func giveUp() { isGivenUp.withLock { $0 = true } }

    /// Whether all that was promised is in a window.
    func isTaken(hasUntaken: () -> Bool) -> Bool {
        isGivenUp.withLock { _ in windows.core.isSealed || !hasUntaken() }
    }

    /// The end of what is published.
    var end: UInt64 { windows.core.end }
}

extension MonitorSeries: CountedSeries {}
extension InstrumentSeries: CountedSeries {}
