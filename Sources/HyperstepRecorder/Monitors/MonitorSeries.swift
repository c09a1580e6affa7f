import Synchronization

/// The counters of one monitored model and endpoint: recorded into by any number of threads, with no lock, no
/// allocation and no system call, and kept in the recorder's file.
///
///     let series = recorder.monitors.series(identity, at: now)  // once
///     series?.record(.request, nanoseconds: 1_500_000)
///
/// Every call adds to the calling thread's stripe, one atomic addition for each thing counted.
public final class MonitorSeries: Sendable {
    /// What its registrar said of it.
    public let identity: [UInt8]

    let place: SeriesPlace
    private let area: MonitorPlace
    private let memory: RecorderMemory
    private let picker = StripePicker.shared

    init(identity: [UInt8], place: SeriesPlace, area: MonitorPlace, memory: RecorderMemory) {
        self.identity = identity
        self.place = place
        self.area = area
        self.memory = memory
    }

    /// Whether recording goes on: false once it has ended, for good.
    public var isOpen: Bool { area.head.sealed.pointee.load(ordering: .relaxed) == 0 }

    /// Counts a duration.
    ///
    /// True: it is in exactly one window. False: recording has ended; what a call counts that runs at the very
    /// moment of the end may still be in the last window.
    @discardableResult
    public func record(_ kind: LatencyKind, nanoseconds: UInt64) -> Bool {
        add(1, to: MonitorCounter.bucket(kind, nanoseconds: nanoseconds), stripe: picker.stripe())
    }

    /// Counts a request by how long it took, and whether it failed. Its result means as that of
    /// ``record(_:nanoseconds:)``.
    @discardableResult
    public func recordRequest(nanoseconds: UInt64, isError: Bool) -> Bool {
        let stripe = picker.stripe()
        let isCounted = add(
            1, to: MonitorCounter.bucket(.request, nanoseconds: nanoseconds), stripe: stripe)
        guard isError else { return isCounted }
        return add(1, to: MonitorCounter.errors, stripe: stripe) && isCounted
    }

    /// Counts tokens of a request and its answer. Its result means as that of ``record(_:nanoseconds:)``.
    @discardableResult
    public func recordTokens(input: UInt32, output: UInt32) -> Bool {
        let stripe = picker.stripe()
        var isCounted = true
        if input > 0 { isCounted = add(UInt64(input), to: MonitorCounter.inputTokens, stripe: stripe) }
        if output > 0 {
            isCounted = add(UInt64(output), to: MonitorCounter.outputTokens, stripe: stripe) && isCounted
        }
        return isCounted
    }

    @inline(__always)
    private func add(_ number: UInt64, to counter: Int, stripe: Int) -> Bool {
        // Relaxed: spares the counters; the load below decides.
        guard area.head.sealed.pointee.load(ordering: .relaxed) == 0 else { return refuse() }
        // Sequentially consistent, both, and so are the mark's store and the last window's loads: either this
        // load sees the mark, or the last window sees this addition. (On x86 it costs nothing: the addition is a
        // locked instruction in any case, and the load a plain one.)
        place.counter(counter, stripe: stripe).pointee.wrappingAdd(number, ordering: .sequentiallyConsistent)
        return area.head.sealed.pointee.load(ordering: .sequentiallyConsistent) == 0 || refuse()
    }

    @inline(never)
    private func refuse() -> Bool {
        // Relaxed: a statistic; nothing is read because of it.
        area.head.dropped.pointee.wrappingAdd(1, ordering: .relaxed)
        return false
    }
}
