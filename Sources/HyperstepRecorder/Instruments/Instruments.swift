import Synchronization

/// The series of a recorder's instruments: registered once, recorded into at any time, taken window by window.
public final class Instruments: Sendable {
    /// How many series there may be; 0 where the recorder has none.
    public var capacity: Int { area.capacity }

    private struct Registered {
        /// Nil where an orphan's is damaged.
        var series: [InstrumentSeries?] = []
        var numbers: [[UInt8]: Int] = [:]
    }

    private let place: InstrumentPlace
    private let memory: RecorderMemory
    private let area: WindowedArea
    private let registered: Locked<Registered>

    /// `amends`: whether what is taken is written to the file, too.
    init(place: InstrumentPlace, windows: WindowRing, memory: RecorderMemory, isOrphan: Bool, amends: Bool) {
        self.place = place
        self.memory = memory
        area = WindowedArea(
            head: place.head, capacity: place.capacity, windows: windows, isOrphan: isOrphan,
            fileCopy: amends ? memory : nil)
        let series = (0..<area.count).map { number in
            let one = place.series(number)
            return one.identity.map {
                InstrumentSeries(identity: $0, number: number, place: one, area: place, memory: memory)
            }
        }
        registered = Locked(Registered(series: series))
    }

    /// The series with this identity, from any thread; made if it is new.
    ///
    /// It takes a lock and makes memory ready: call it once and keep what it gives. Nil if there is room for no
    /// more series, or if the recorder is an orphan.
    ///
    /// - Parameters:
    ///   - identity: what an encoder of windows needs to know of the series: 1 to 1,528 bytes, opaque to the
    ///     recorder.
    ///   - time: now, in nanoseconds since 1970: where its first window begins.
    public func series(_ identity: [UInt8], at time: Int64) -> InstrumentSeries? {
        guard !area.isOrphan, (1...InstrumentSeriesPlace.maximumIdentity).contains(identity.count) else {
            return nil
        }
        return registered.withLock { registered in
            if let known = registered.numbers[identity] { return registered.series[known] }
            let number = registered.series.count
            guard number < capacity else { return nil }
            let one = place.series(number)
            memory.populate(one.start, InstrumentSeriesPlace.bytes)
            one.write(identity: identity, time: time)
            let series = InstrumentSeries(
                identity: identity, number: number, place: one, area: place, memory: memory)
            registered.series.append(series)
            registered.numbers[identity] = number
            area.publish(count: number + 1)
            return series
        }
    }

    /// What the series of a number was registered as; nil where there is none, or it is damaged.
    public func identity(of number: Int) -> [UInt8]? {
        registered.withLock { registered in
            registered.series.indices.contains(number) ? registered.series[number]?.identity : nil
        }
    }

    /// How many series there are.
    public var count: Int { registered.withLock { $0.series.count } }

    private var all: [InstrumentSeries] { registered.withLock { $0.series.compactMap(\.self) } }

    /// Calls that found recording ended.
    public var dropped: UInt64 { area.dropped }

    /// Whether a number was counted without a bucket, since all room for histograms was taken, or its series had all
    /// that one may have.
    public var lacksBlocks: Bool {
        capacity > 0 && place.head.bucketless.pointee.load(ordering: .relaxed) > 0
    }

    /// Notes that the program lives: the end of the last window, should it be killed. For the shipper, every
    /// second or so while something is recorded; ``takeWindows(at:_:)`` does it too.
    public func touch(at time: Int64) { area.touch(at: time) }

    /// Takes what each series has gathered since the last time, and puts it into ``Recorder/seriesWindows``: every
    /// call into exactly one window, wherever the process is killed.
    ///
    /// To be called as ``Monitors/takeWindows(at:_:)`` is. A window that fits no slot is asked for again in parts:
    /// the first has all but some buckets, the others have nothing but buckets and their count.
    ///
    /// - Parameters:
    ///   - time: now, in nanoseconds since 1970. Not looked at in an orphan, where the time its program was last
    ///     known to live is taken.
    ///   - encode: the record of a window, at most ``WindowRing/maximumPayload`` bytes; one of 64 buckets has to
    ///     fit. It must depend on nothing but the window, so that two adopters write the same, and must not call
    ///     this object or its recorder.
    @discardableResult
    public func takeWindows(at time: Int64, _ encode: (InstrumentWindow) -> [UInt8]) -> WindowTaking {
        takeWindows(at: time, afterStore: {}, encode)
    }

    func takeWindows(
        at time: Int64, afterStore: @escaping () -> Void, _ encode: (InstrumentWindow) -> [UInt8]
    ) -> WindowTaking {
        area.takeWindows(at: time, of: { all }, afterStore: afterStore, isUntaken: isUntaken) {
            InstrumentTaker(publisher: $1).take($0, end: $2, encode)
        }
    }
}

extension Instruments {
    /// Ends counting. The ring of windows ends with it if nothing is left to be taken, else with the last window.
    func seal() { area.seal { all.contains(where: isUntaken) } }

    /// Ends the taking of windows, and waits for one that is going on: another process will take the rest.
    func giveUp() { area.giveUp() }

    /// Whether all that was promised is in a window.
    var isTaken: Bool { area.isTaken { all.contains(where: isUntaken) } }

    /// While no windows are taken.
    private func isUntaken(_ series: InstrumentSeries) -> Bool {
        guard let valid = series.place.validSnapshot(upTo: area.end) else { return false }
        return InstrumentTotals(series).hasMore(than: valid, of: series.place)
    }
}
