import HyperstepRecorder
import HyperstepWire
import Logging
import Synchronization

import struct NIOConcurrencyHelpers.NIOLockedValueBox

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A run's recorder and what a step needs besides: a clock, the global step, the time of the step before.
final class Recording: Sendable {
    let runID: UUID
    let life: RunLife
    let recorder: Recorder
    let experiments = NIOLockedValueBox(OpenExperiments())
    private let steps: StepRing
    private let scalars: ScalarRing
    let clock = StepClock()

    // Relaxed everywhere: each word means something on its own, and the record itself is published by its ring.
    /// The global step of the next call that gives none.
    private let nextStep: Atomic<Int>
    /// The monotonic time of the last call; `never` before the first.
    private let lastStep = Atomic<Int64>(Recording.never)
    let finished = Atomic<Bool>(false)
    private let saidFinished = Atomic<Bool>(false)

    private static let never = Int64.min

    /// Events are recorded one at a time, so that none follows the end, and what the run holds is counted. Who has
    /// the lock never waits for room, nor calls what is not ours: the thread that makes room takes it too.
    let events = NIOLockedValueBox(RunContents())

    /// Whether whoever records a row of an experiment waits where there is no room.
    let waits: Bool

    /// How many events its recorder's ring holds.
    static let eventCapacity = 64

    /// Has the shipper's thread look at once, once there is one.
    private let wake = NIOLockedValueBox<Wake?>(nil)

    /// A function in a structure of its own. Swift converts a bare function whenever a generic box gives access to it,
    /// and stores the converted one: each wake would add a wrapper, until the chain of them overflows the stack.
    private struct Wake: Sendable {
        let call: @Sendable () -> Void
    }

    private let lateValues: LateCalls

    init(
        runID: UUID, life: RunLife = RunLife(), recorder: Recorder, waits: Bool = false,
        logger: Logger = Logger(label: "hyperstep")
    ) {
        lateValues = LateCalls("a metric's value was recorded after the run had finished", logger: logger)
        self.runID = runID
        self.waits = waits
        self.life = life
        self.recorder = recorder
        nextStep = Atomic(Int(clamping: life.fromStep ?? 0))
        steps = recorder.steps
        scalars = recorder.scalars
    }

    /// Has the shipper's thread be woken by this.
    func onWaiting(_ wake: @escaping @Sendable () -> Void) {
        self.wake.withLockedValue { $0 = Wake(call: wake) }
    }

    /// Something waits for room in a ring: the shipper's thread is to make some now and not at its next look.
    func wakeShipper() { wake.withLockedValue { $0 }?.call() }

    /// Records one step; false where there was no room for it.
    @inline(never)
    func record(
        _ flags: UInt64, _ place: UInt64, _ step: Int, _ time: Int64, _ loss: Double, _ accuracy: Double,
        _ precision: Double, _ recall: Double, _ f1Score: Double, _ learningRate: Double,
        _ gradientNorm: Double, _ stepTimeMs: Double
    ) -> Bool {
        let arguments = StepArguments(
            flags: flags, place: place, step: step, time: time, loss: loss, accuracy: accuracy,
            precision: precision, recall: recall, f1Score: f1Score, learningRate: learningRate,
            gradientNorm: gradientNorm, stepTimeMs: stepTimeMs)
        var present = StepColumns(rawValue: arguments.present)
        var stepTimeMs = arguments.stepTimeMs
        let time: Int64
        if arguments.hasTime {
            // A step of the past: the clock knows nothing about it.
            time = max(0, arguments.time)
        } else {
            let now = clock.read()
            time = now.time
            // A load and a store, not an exchange, which would cost more than both: of two threads at the very
            // same moment both may measure from the same step before them.
            let last = lastStep.load(ordering: .relaxed)
            lastStep.store(now.monotonic, ordering: .relaxed)
            if !present.contains(.stepTimeMs), last != Self.never {
                // Multiplied: the exchange below would wait for a division. To 24 significant bits, 61 ns in a
                // second: the rest is noise, and a third of a compressed row.
                let milliseconds = Double(max(0, now.monotonic &- last)) * 1e-6
                stepTimeMs = Double(bitPattern: milliseconds.bitPattern & ~0x1fff_ffff)
                present.insert(.stepTimeMs)
            }
        }
        return steps.record(
            StepRecord(
                time: time, step: Int64(stepNumber(arguments)), epoch: arguments.epoch,
                batch: arguments.batch, present: present, loss: arguments.loss,
                accuracy: arguments.accuracy, precision: arguments.precision, recall: arguments.recall,
                f1Score: arguments.f1Score, learningRate: arguments.learningRate,
                gradientNorm: arguments.gradientNorm, stepTimeMs: stepTimeMs))
    }

    @inline(__always)
    private func stepNumber(_ arguments: StepArguments) -> Int {
        if arguments.hasStep {
            nextStep.store(arguments.step &+ 1, ordering: .relaxed)
            return arguments.step
        }
        return nextStep.wrappingAdd(1, ordering: .relaxed).oldValue
    }

    /// Records a value of a metric; of none, where its name was refused: that counts as dropped.
    @inline(never)
    func record(_ value: Double, of metric: MetricID?, step: Int?, time: Int64?) {
        guard let metric else { return scalars.countDrop() }
        let isRecorded = scalars.record(
            ScalarRecord(
                time: max(0, time ?? clock.read().time), metric: metric, value: value,
                step: Int64(step ?? currentStep)))
        if !isRecorded, finished.load(ordering: .relaxed) { lateValues.note(["run": "\(runID)"]) }
    }

    /// The step recorded last; 0 before the first.
    private var currentStep: Int {
        let next = nextStep.load(ordering: .relaxed)
        return next == 0 ? 0 : next &- 1
    }

    /// Whether the run has finished and nobody was told yet that steps still come.
    func shouldSayFinished() -> Bool {
        finished.load(ordering: .relaxed) && !saidFinished.exchange(true, ordering: .relaxed)
    }
}
