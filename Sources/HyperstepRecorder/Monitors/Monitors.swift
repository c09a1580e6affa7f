import Synchronization

/// The monitored series of a recorder: registered once, recorded into at any time, taken window by window.
public final class Monitors: Sendable {
    /// How many series there may be; 0 where the recorder has no windows.
    public var capacity: Int { place.capacity }

    private let place: MonitorPlace
    private let memory: RecorderMemory
    private let windows: WindowRing
    private let isOrphan: Bool
    private let fileCopy: RecorderMemory?
    private let registered: Locked<[MonitorSeries]>
    /// Held while windows are taken. The value: whether the file is given up and nobody may take any more.
    private let isGivenUp = Locked(false)

    /// `amends`: whether what is taken is written to the file, too.
    init(place: MonitorPlace, windows: WindowRing, memory: RecorderMemory, isOrphan: Bool, amends: Bool) {
        self.place = place
        self.windows = windows
        self.memory = memory
        self.isOrphan = isOrphan
        fileCopy = amends ? memory : nil
        let count = place.capacity == 0 ? 0 : Int(place.head.count.pointee.load(ordering: .acquiring))
        registered = Locked(
            (0..<count).compactMap { index in
                let series = place.series(index)
                return series.identity.map {
                    MonitorSeries(identity: $0, place: series, area: place, memory: memory)
                }
            })
    }

    /// The series with this identity, from any thread; made if it is new.
    ///
    /// It takes a lock and makes memory ready: call it once and keep what it gives. Nil if there is room for no
    /// more series, or if the recorder is an orphan.
    ///
    /// - Parameters:
    ///   - identity: what an encoder of windows needs to know of the series: 1 to 1,024 bytes, opaque to the
    ///     recorder.
    ///   - time: now, in nanoseconds since 1970: where its first window begins.
    public func series(_ identity: [UInt8], at time: Int64) -> MonitorSeries? {
        guard !isOrphan, (1...SeriesPlace.maximumIdentity).contains(identity.count) else { return nil }
        return registered.withLock { registered in
            if let known = registered.first(where: { $0.identity == identity }) { return known }
            guard registered.count < capacity else { return nil }
            let series = place.series(registered.count)
            memory.populate(series.start, series.hotBytes)
            series.write(identity: identity, time: time)
            registered.append(
                MonitorSeries(identity: identity, place: series, area: place, memory: memory))
            // Releasing: who sees the count sees the series. Killed before this line, it does not exist.
            place.head.count.pointee.store(UInt64(registered.count), ordering: .releasing)
            return registered.last
        }
    }

    /// All series, in the order of their registration.
    public var all: [MonitorSeries] { registered.withLock { $0 } }

    /// Calls that found recording ended.
    public var dropped: UInt64 { capacity == 0 ? 0 : place.head.dropped.pointee.load(ordering: .relaxed) }

    /// Notes that the program lives: the end of the last window, should it be killed. For the shipper, every
    /// second or so while something is recorded; ``takeWindows(at:_:)`` does it too.
    public func touch(at time: Int64) {
        guard capacity > 0, !isOrphan else { return }
        // Relaxed: it means something on its own.
        place.head.seen.pointee.store(UInt64(clamping: time), ordering: .relaxed)
    }

    /// Takes what each series has counted since the last time, and puts it into ``Recorder/windows``: every
    /// count into exactly one window, wherever the process is killed.
    ///
    /// For the shipper, at each interval; after ``Recorder/seal()`` until it is complete, which ends the ring of
    /// windows; and for an adopter before it reads the windows, and again whenever it has released some, until
    /// it is complete. A series that counted nothing has no window. If the ring is full its counts stay for the
    /// next time.
    ///
    /// - Parameters:
    ///   - time: now, in nanoseconds since 1970. Not looked at in an orphan, where the time its program was last
    ///     known to live is taken.
    ///   - encode: the record of a window, at most ``WindowRing/maximumPayload`` bytes; a longer one is asked
    ///     for again as a window for each histogram, each of which must fit. It must depend on nothing but the
    ///     window, so that two adopters write the same, and must not call this object or its recorder.
    @discardableResult
    public func takeWindows(at time: Int64, _ encode: (MonitorWindow) -> [UInt8]) -> WindowTaking {
        takeWindows(at: time, afterStore: {}, encode)
    }

    func takeWindows(
        at time: Int64, afterStore: @escaping () -> Void, _ encode: (MonitorWindow) -> [UInt8]
    ) -> WindowTaking {
        var taking = WindowTaking()
        isGivenUp.withLock { isGivenUp in
            // A call that ran at the moment of the end may have counted since; it was told that it had not.
            guard capacity > 0, !isGivenUp, !windows.core.isSealed else { return }
            touch(at: time)
            let end = Int64(clamping: place.head.seen.pointee.load(ordering: .relaxed))
            // Before the counters are read: what was counted by then is in this window or an earlier one.
            let isSealed = place.head.sealed.pointee.load(ordering: .sequentiallyConsistent) != 0
            let publisher = WindowPublisher(
                windows: windows, fileCopy: fileCopy, isOrphan: isOrphan, afterStore: afterStore)
            let series = all
            if isOrphan { series.forEach { publisher.forgetUnpublished($0.place) } }
            var taker = WindowTaker(publisher)
            taking = WindowTaking(of: series, isUntaken: isUntaken) { taker.take($0, end: end, encode) }
            if isSealed && taking.isComplete { windows.core.seal() }
        }
        return taking
    }
}

extension Monitors {
    /// Ends counting. The ring of windows ends with it if nothing is left to be taken, else with the last window.
    func seal() {
        guard capacity > 0 else { return windows.core.seal() }
        place.head.sealed.pointee.store(1, ordering: .sequentiallyConsistent)
        isGivenUp.withLock { _ in
            if !hasUntaken { windows.core.seal() }
        }
    }

    /// Ends the taking of windows, and waits for one that is going on: another process will take the rest.
    func giveUp() { isGivenUp.withLock { $0 = true } }

    /// Whether every count that was promised is in a window.
    var isTaken: Bool { isGivenUp.withLock { _ in windows.core.isSealed || !hasUntaken } }

    /// With the lock held.
    private var hasUntaken: Bool { all.contains(where: isUntaken) }

    /// With the lock held.
    private func isUntaken(_ series: MonitorSeries) -> Bool {
        guard let taken = series.place.taken(upTo: windows.core.end)?.valid.counters else { return false }
        var totals = [UInt64](repeating: 0, count: MonitorCounter.count)
        series.place.sum(into: &totals)
        return totals.indices.contains { totals[$0] > taken[$0] }
    }
}
