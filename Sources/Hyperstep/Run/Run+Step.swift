import Logging

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension Run {
    /// Records one optimiser step: one row of the table `training_metrics`.
    ///
    /// ```swift
    /// run.step(epoch: epoch, batch: batch, loss: loss, accuracy: accuracy, learningRate: rate)
    /// ```
    ///
    /// Synchronous, from any thread. It takes no lock, allocates nothing, makes no system call but reading the
    /// clock, and never throws or traps: NaN and infinities are recorded as they are, an epoch or batch beyond
    /// 32 bits as the nearest that fits. Where recorder and spool are full the step is dropped and counted in
    /// the ``FinishReport``, unless ``Settings/whenFull`` asks to wait. A step after `finish` is dropped.
    ///
    /// Every value may be left out and is null in its row then.
    ///
    /// - Parameters:
    ///   - step: the global step. Counted where it is left out: from 0, or on from the last one that was given.
    ///   - epoch: the epoch; 0 where it is left out.
    ///   - batch: the batch in its epoch; 0 where it is left out.
    ///   - loss: the training loss.
    ///   - accuracy: by convention 0 to 1.
    ///   - precision: by convention 0 to 1.
    ///   - recall: by convention 0 to 1.
    ///   - f1Score: by convention 0 to 1.
    ///   - learningRate: per step.
    ///   - gradientNorm: the L2 norm over all parameters.
    ///   - stepTimeMs: milliseconds that the step took. Where it is left out: the time since the call before
    ///     this one, and null in the first row and in rows that give `date`.
    ///   - date: when the step was done, to the microsecond, for steps of the past; dates before 1970 are
    ///     recorded as 1970. Now where it is left out.
    @inlinable @inline(__always)
    public func step(
        _ step: Int? = nil, epoch: Int? = nil, batch: Int? = nil, loss: Double? = nil,
        accuracy: Double? = nil, precision: Double? = nil, recall: Double? = nil, f1Score: Double? = nil,
        learningRate: Double? = nil, gradientNorm: Double? = nil, stepTimeMs: Double? = nil,
        at date: Date? = nil
    ) {
        guard isEnabled else { return }
        let arguments = StepArguments(
            step: step, epoch: epoch, batch: batch, loss: loss, accuracy: accuracy, precision: precision,
            recall: recall, f1Score: f1Score, learningRate: learningRate, gradientNorm: gradientNorm,
            stepTimeMs: stepTimeMs, time: date.map(Run.nanoseconds))
        record(
            arguments.flags, arguments.place, arguments.step, arguments.time, arguments.loss,
            arguments.accuracy, arguments.precision, arguments.recall, arguments.f1Score,
            arguments.learningRate, arguments.gradientNorm, arguments.stepTimeMs)
    }

    /// As words and not as a struct: four integers and eight doubles fit the registers of a call. In memory they
    /// would be read back in pieces other than those they were just written in, for which a processor waits.
    @usableFromInline @inline(never)
    func record(
        _ flags: UInt64, _ place: UInt64, _ step: Int, _ time: Int64, _ loss: Double, _ accuracy: Double,
        _ precision: Double, _ recall: Double, _ f1Score: Double, _ learningRate: Double,
        _ gradientNorm: Double, _ stepTimeMs: Double
    ) {
        guard let unretainedRecording else { return }
        let isRecorded = unretainedRecording._withUnsafeGuaranteedRef {
            $0.record(
                flags, place, step, time, loss, accuracy, precision, recall, f1Score, learningRate,
                gradientNorm, stepTimeMs)
        }
        if !isRecorded { sayFinished() }
    }

    /// A drop after the end is a mistake in the program, which its author should hear of, once.
    @inline(never)
    private func sayFinished() {
        if let recording, recording.shouldSayFinished() {
            logger.warning(
                "a step was recorded after the run had finished: it is dropped, and so is every one after it",
                metadata: ["run": "\(id)"])
        }
    }

    /// Nanoseconds since 1970, rounded to the microsecond, which is what the database keeps.
    @usableFromInline
    static func nanoseconds(_ date: Date) -> Int64 {
        let microseconds = (date.timeIntervalSince1970 * 1_000_000).rounded()
        let latest = 9_223_372_036_000_000.0  // the year 2262, where 64 bits of nanoseconds end
        guard microseconds > 0 else { return 0 }  // NaN too
        return Int64(min(microseconds, latest)) * 1000
    }
}
