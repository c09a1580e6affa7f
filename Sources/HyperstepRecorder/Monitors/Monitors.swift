import Synchronization

/// The monitored series of a recorder: registered once, recorded into at any time, taken window by window.
public final class Monitors: Sendable {
    /// How many series there may be; 0 where the recorder has no windows.
    public var capacity: Int { area.capacity }

    private let place: MonitorPlace
    private let memory: RecorderMemory
    private let area: WindowedArea
    private let registered: Locked<[MonitorSeries]>

    /// `amends`: whether what is taken is written to the file, too.
    init(place: MonitorPlace, windows: WindowRing, memory: RecorderMemory, isOrphan: Bool, amends: Bool) {
        self.place = place
        self.memory = memory
        area = WindowedArea(
            head: place.head, capacity: place.capacity, windows: windows, isOrphan: isOrphan,
            fileCopy: amends ? memory : nil)
        registered = Locked(
            (0..<area.count).compactMap { index in
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
        guard !area.isOrphan, (1...SeriesPlace.maximumIdentity).contains(identity.count) else { return nil }
        return registered.withLock { registered in
            if let known = registered.first(where: { $0.identity == identity }) { return known }
            guard registered.count < capacity else { return nil }
            let series = place.series(registered.count)
            memory.populate(series.start, series.hotBytes)
            series.write(identity: identity, time: time)
            registered.append(
                MonitorSeries(identity: identity, place: series, area: place, memory: memory))
            area.publish(count: registered.count)
            return registered.last
        }
    }

    /// All series, in the order of their registration.
    public var all: [MonitorSeries] { registered.withLock { $0 } }

    /// Calls that found recording ended.
    public var dropped: UInt64 { area.dropped }

    /// Notes that the program lives: the end of the last window, should it be killed. For the shipper, every
    /// second or so while something is recorded; ``takeWindows(at:_:)`` does it too.
    public func touch(at time: Int64) { area.touch(at: time) }

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
    ///     for again as a window for each histogram, each of which must fit. Of an orphan it must
    ///     depend on nothing but the window, so that two adopters write the same. It must not call this object or its
    ///     recorder.
    @discardableResult
    public func takeWindows(at time: Int64, _ encode: (MonitorWindow) -> [UInt8]) -> WindowTaking {
        takeWindows(at: time, afterStore: {}, encode)
    }

    func takeWindows(
        at time: Int64, afterStore: @escaping () -> Void, _ encode: (MonitorWindow) -> [UInt8]
    ) -> WindowTaking {
        var taker = WindowTaker()
        return area.takeWindows(at: time, of: { all }, afterStore: afterStore, isUntaken: isUntaken) {
            taker.take($0, publisher: $1, end: $2, encode)
        }
    }
}

extension Monitors {
    /// Ends counting. The ring of windows ends with it if nothing is left to be taken, else with the last window.
    func seal() { area.seal { all.contains(where: isUntaken) } }

    /// Ends the taking of windows, and waits for one that is going on: another process will take the rest.
    func giveUp() { area.giveUp() }

    /// Whether every count that was promised is in a window.
    var isTaken: Bool { area.isTaken { all.contains(where: isUntaken) } }

    /// While no windows are taken.
    private func isUntaken(_ series: MonitorSeries) -> Bool {
        guard let taken = series.place.taken(upTo: area.end)?.valid.counters else { return false }
        var totals = [UInt64](repeating: 0, count: MonitorCounter.count)
        series.place.sum(into: &totals)
        return totals.indices.contains { totals[$0] > taken[$0] }
    }
}
