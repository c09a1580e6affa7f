import HyperstepHistogram
import Synchronization

/// What one instrument measures with one choice of its dimensions: recorded into by any number of threads, with no
/// lock, no allocation and no system call, and kept in the recorder's file.
///
///     let series = recorder.instruments.series(identity, at: now)  // once
///     series?.observe(93.5)
///
/// Every call adds to the calling thread's stripe: how often, what (exactly, ``ExactSum``), and where it has one,
/// a bucket; and looks whether the number is the least or the most of its interval.
///
/// The result of every call means: true, it is counted in exactly one window; false, recording has ended. What a call adds
/// that runs at the very moment of the end may still be in the last window.
public final class InstrumentSeries: Sendable {
    /// What its registrar said of it.
    public let identity: [UInt8]
    /// Its place among the recorder's instruments, from 0, which windows name it by.
    public let number: Int

    let place: InstrumentSeriesPlace
    private let area: InstrumentPlace
    private let memory: RecorderMemory
    private let picker = StripePicker.shared
    /// How often it was reset, as the file says.
    private let resets: Locked<UInt64>

    init(
        identity: [UInt8], number: Int, place: InstrumentSeriesPlace, area: InstrumentPlace,
        memory: RecorderMemory
    ) {
        self.identity = identity
        self.number = number
        self.place = place
        self.area = area
        self.memory = memory
        resets = Locked(place.resets.pointee.load(ordering: .relaxed))
    }

    var blocks: BucketBlocks { BucketBlocks(series: place, area: area) }

    /// Counts an integer, without a bucket.
    @discardableResult
    public func add(whole value: Int64) -> Bool {
        guard isOpen else { return refuse() }
        let stripe = picker.stripe()
        note(Double(value), stripe)
        ExactSum.parts(of: value) { add($1, to: InstrumentWord.sum.lowerBound &+ $0, stripe) }
        add(1, to: InstrumentWord.calls, stripe)
        return isStillOpen
    }

    /// Counts a number, without a bucket. What is not finite is counted aside.
    @discardableResult
    public func add(_ value: Double) -> Bool {
        guard isOpen else { return refuse() }
        let stripe = picker.stripe()
        note(value, stripe)
        guard value.isFinite else { return addNonFinite(stripe) }
        addSum(value, stripe)
        add(1, to: InstrumentWord.calls, stripe)
        return isStillOpen
    }

    /// Counts a number in its bucket. What is not finite is counted aside.
    @discardableResult
    public func observe(_ value: Double) -> Bool {
        guard isOpen else { return refuse() }
        let stripe = picker.stripe()
        note(value, stripe)
        guard value.isFinite else { return addNonFinite(stripe) }
        addSum(value, stripe)
        addBucket(of: value, stripe)
        return isStillOpen
    }

    /// Counts an integer in its bucket.
    @discardableResult
    public func observe(whole value: Int64) -> Bool {
        guard isOpen else { return refuse() }
        let stripe = picker.stripe()
        let number = Double(value)
        note(number, stripe)
        ExactSum.parts(of: value) { add($1, to: InstrumentWord.sum.lowerBound &+ $0, stripe) }
        addBucket(of: number, stripe)
        return isStillOpen
    }

    /// Sets what the series stands at, and counts it as ``add(_:)`` does.
    @discardableResult
    public func set(_ value: Double) -> Bool {
        guard isOpen else { return refuse() }
        // Relaxed: it means something on its own.
        place.value.pointee.store(value.bitPattern, ordering: .relaxed)
        return add(value)
    }

    /// Moves what the series stands at, and counts where it then stands as ``add(_:)`` does.
    @discardableResult
    public func move(by amount: Double) -> Bool {
        guard isOpen else { return refuse() }
        // Relaxed: an exchange on the same word orders itself with others.
        var before = place.value.pointee.load(ordering: .relaxed)
        while true {
            let after = Double(bitPattern: before) + amount
            let (won, current) = place.value.pointee.weakCompareExchange(
                expected: before, desired: after.bitPattern, ordering: .relaxed)
            if won { return add(after) }
            before = current
        }
    }

    /// Takes back all that was ever counted, so that the sum of it is 0. What other threads count meanwhile either
    /// stays or is taken back; of a number that needs two words of the sum (one of more than 32 bits, or with a
    /// fraction) it may be one word of the two.
    public func reset() {
        // Two at once would write to one place.
        resets.withLock { number in
            guard isOpen else { return }
            number &+= 1
            for (word, counted) in InstrumentWord.sum.enumerated() {
                // Relaxed: the lock orders it for who takes windows, and the file is read when its program is gone.
                place.base(word, reset: number).pointee.store(place.total(counted), ordering: .relaxed)
            }
            // Releasing: killed before this line, it did not take place.
            place.resets.pointee.store(number, ordering: .releasing)
        }
    }

    /// The last reset, and the sum's words as it found them: 0 at the beginning.
    var lastReset: (number: UInt64, base: [UInt64]) {
        resets.withLock { number in
            (
                number,
                (0..<ExactSum.words).map { place.base($0, reset: number).pointee.load(ordering: .relaxed) }
            )
        }
    }
}

extension InstrumentSeries {
    /// Relaxed: spares the counters where recording has ended; `isStillOpen` decides.
    @inline(__always)
    private var isOpen: Bool { area.head.sealed.pointee.load(ordering: .relaxed) == 0 }

    /// Sequentially consistent, as are the additions before it, the mark's store and the last window's loads:
    /// either this load sees the mark, or the last window sees the additions. (On x86 it costs nothing: an
    /// addition is a locked instruction in any case, and the load a plain one.)
    @inline(__always)
    private var isStillOpen: Bool {
        area.head.sealed.pointee.load(ordering: .sequentiallyConsistent) == 0 || refuse()
    }

    @inline(__always)
    private func add(_ amount: UInt64, to word: Int, _ stripe: Int) {
        place.word(word, stripe: stripe).pointee.wrappingAdd(amount, ordering: .sequentiallyConsistent)
    }

    @inline(__always)
    private func addSum(_ value: Double, _ stripe: Int) {
        ExactSum.parts(of: value) { add($1, to: InstrumentWord.sum.lowerBound &+ $0, stripe) }
    }

    @inline(__always)
    private func addBucket(of value: Double, _ stripe: Int) {
        guard let bucket = ValueBuckets.bucket(of: value), bucket != 0 else {
            return add(1, to: InstrumentWord.zeros, stripe)
        }
        let (key, number) = BlockKey.of(bucket)
        guard let block = blocks.block(key) else { return addBucketless(stripe) }
        block.counter(number, stripe: stripe).pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
    }

    @inline(never)
    private func addNonFinite(_ stripe: Int) -> Bool {
        add(1, to: InstrumentWord.nonFinite, stripe)
        return isStillOpen
    }

    @inline(never)
    private func addBucketless(_ stripe: Int) {
        // Relaxed: a statistic; nothing is read because of it.
        area.head.bucketless.pointee.wrappingAdd(1, ordering: .relaxed)
        add(1, to: InstrumentWord.calls, stripe)
    }

    @inline(never)
    private func refuse() -> Bool {
        // Relaxed: a statistic; nothing is read because of it.
        area.head.dropped.pointee.wrappingAdd(1, ordering: .relaxed)
        return false
    }

    /// Notes a number as the last of its interval, and as the least or the most where it is. Before it is counted:
    /// whoever sees the count sees this. Relaxed: each word means something on its own.
    @inline(__always)
    private func note(_ value: Double, _ stripe: Int) {
        let bank = InstrumentWord.bank(place.epoch.pointee.load(ordering: .relaxed))
        if value.isFinite {
            place.raise(bank, stripe: stripe, to: OrderedBits.of(value))
            place.raise(bank &+ 1, stripe: stripe, to: OrderedBits.of(-value))
        }
        place.word(bank &+ 2, stripe: stripe).pointee.store(OrderedBits.of(value), ordering: .relaxed)
    }
}

extension InstrumentSeriesPlace {
    /// A word of all stripes. Sequentially consistent, with the additions in `InstrumentSeries`.
    func total(_ number: Int) -> UInt64 {
        (0..<StripePicker.stripes).reduce(0) { total, stripe in
            total &+ word(number, stripe: stripe).pointee.load(ordering: .sequentiallyConsistent)
        }
    }

    /// Makes a word at least `least`.
    @inline(__always)
    func raise(_ number: Int, stripe: Int, to least: UInt64) {
        let word = word(number, stripe: stripe)
        var current = word.pointee.load(ordering: .relaxed)
        while current < least {
            let (won, found) = word.pointee.weakCompareExchange(
                expected: current, desired: least, ordering: .relaxed)
            if won { return }
            current = found
        }
    }
}
