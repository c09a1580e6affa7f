import Dispatch
import Synchronization

/// Has the machine sampled at intervals, for as long as it is held: one for each recording.
///
/// On a queue of its own, since a GPU's driver may keep its caller for seconds, and nobody ever waits for it: what a
/// sample finds that was on its way when the recording ended is not recorded.
public final class SystemSampling: Sendable {
    private let queue = DispatchQueue(label: "hyperstep.system", qos: .utility)
    private let interval: Duration
    private let part: SystemPart
    private let turn: MachineTurn?
    private let record: @Sendable (SystemSample) -> Void
    private let note: @Sendable (String) -> Void
    /// Used on the queue alone, hence never waited for. Made there too: waking a driver takes its time.
    private let sampler = Mutex<(part: SystemPart, SystemSampler)?>(nil)
    private let isOfRun: Bool
    /// What the newest sample said, whoever records it.
    public let newest: NewestLoad
    // Relaxed: a sample more or less after the end is none that is recorded.
    private let isStopped = Atomic<Bool>(false)
    /// Samplings of this process's runs. Relaxed: nothing else hangs on it.
    private static let ofRuns = Atomic<Int>(0)

    /// Begins: the first sample comes after a second, or the interval where that is less.
    ///
    /// - Parameters:
    ///   - interval: between two samples, more than zero.
    ///   - part: what of the machine this process tells about.
    ///   - turn: where it is given, it tells about all of the machine while it has the turn, and else about itself.
    ///   - isOfRun: whether it is a run that records. Others pause for as long as a run of this process tells
    ///     about the same machine.
    ///   - note: told once what a person may want to know about why something is absent.
    ///   - record: puts a sample into the recorder. Never waits.
    public init(
        every interval: Duration, of part: SystemPart, turn: MachineTurn? = nil, isOfRun: Bool,
        note: @escaping @Sendable (String) -> Void, record: @escaping @Sendable (SystemSample) -> Void
    ) {
        self.interval = interval
        newest = NewestLoad(every: interval)
        self.part = part
        self.turn = turn
        self.isOfRun = isOfRun
        self.record = record
        self.note = note
        if isOfRun { Self.ofRuns.wrappingAdd(1, ordering: .relaxed) }
        queue.async { [weak self] in self?.begin() }
    }

    deinit { stop() }

    /// Samples no more. Returns at once.
    public func stop() {
        guard !isStopped.exchange(true, ordering: .relaxed) else { return }
        turn?.giveBack()
        guard isOfRun else { return }
        Self.ofRuns.wrappingSubtract(1, ordering: .relaxed)
    }

    private func begin() {
        guard !isStopped.load(ordering: .relaxed) else { return }
        prepare()
        // Soon for the first time: a short run has a sample too.
        next(in: min(interval, .seconds(1)))
    }

    /// Has a sampler for what this process tells about now, and returns that.
    @discardableResult
    private func prepare() -> SystemPart {
        let part = turn.map { $0.take() ? .machine : .process } ?? part
        let notes: [String] = sampler.withLock { sampler in
            guard sampler?.part != part else { return [] }
            let made = SystemSampler(gpus: part == .machine)
            sampler = (part, made)
            return made.notes
        }
        notes.forEach(note)
        return part
    }

    private func next(in wait: Duration) {
        let milliseconds = Int(wait / .milliseconds(1))
        queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [weak self] in self?.sample() }
    }

    private func sample() {
        guard !isStopped.load(ordering: .relaxed) else { return sampler.withLock { $0 = nil } }
        let part = prepare()
        let samples = sampler.withLock { $0?.1.sample() ?? [] }
        newest.note(samples)
        if isOfRun || Self.ofRuns.load(ordering: .relaxed) == 0 {
            for sample in samples where part.contains(sample) && !isStopped.load(ordering: .relaxed) {
                record(sample)
            }
        }
        next(in: interval)
    }
}
