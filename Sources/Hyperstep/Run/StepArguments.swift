/// The arguments of one `step` call as plain words: twelve of them, which is what registers can carry.
@usableFromInline
struct StepArguments: BitwiseCopyable {
    /// Bit n: column n has a value, from 0 (loss) to 7 (step time). Then `stepBit` and `timeBit`.
    @usableFromInline var flags: UInt64
    /// Epoch in the upper half, batch in the lower.
    @usableFromInline var place: UInt64
    @usableFromInline var step: Int
    /// Nanoseconds since 1970.
    @usableFromInline var time: Int64
    @usableFromInline var loss: Double
    @usableFromInline var accuracy: Double
    @usableFromInline var precision: Double
    @usableFromInline var recall: Double
    @usableFromInline var f1Score: Double
    @usableFromInline var learningRate: Double
    @usableFromInline var gradientNorm: Double
    @usableFromInline var stepTimeMs: Double

    @inlinable @inline(__always)
    init(
        flags: UInt64, place: UInt64, step: Int, time: Int64, loss: Double, accuracy: Double,
        precision: Double, recall: Double, f1Score: Double, learningRate: Double, gradientNorm: Double,
        stepTimeMs: Double
    ) {
        self.flags = flags
        self.place = place
        self.step = step
        self.time = time
        self.loss = loss
        self.accuracy = accuracy
        self.precision = precision
        self.recall = recall
        self.f1Score = f1Score
        self.learningRate = learningRate
        self.gradientNorm = gradientNorm
        self.stepTimeMs = stepTimeMs
    }

    /// The caller gave the global step.
    @inlinable static var stepBit: UInt64 { 1 << 8 }
    /// The caller gave the time.
    @inlinable static var timeBit: UInt64 { 1 << 9 }

    var present: UInt8 { UInt8(truncatingIfNeeded: flags) }
    var hasStep: Bool { flags & Self.stepBit != 0 }
    var hasTime: Bool { flags & Self.timeBit != 0 }
    var epoch: Int32 { Int32(truncatingIfNeeded: place >> 32) }
    var batch: Int32 { Int32(truncatingIfNeeded: place) }
}

extension StepArguments {
    @inlinable @inline(__always)
    init(
        step: Int?, epoch: Int?, batch: Int?, loss: Double?, accuracy: Double?, precision: Double?,
        recall: Double?, f1Score: Double?, learningRate: Double?, gradientNorm: Double?, stepTimeMs: Double?,
        time: Int64?
    ) {
        var flags: UInt64 = 0
        if loss != nil { flags |= 1 << 0 }
        if accuracy != nil { flags |= 1 << 1 }
        if precision != nil { flags |= 1 << 2 }
        if recall != nil { flags |= 1 << 3 }
        if f1Score != nil { flags |= 1 << 4 }
        if learningRate != nil { flags |= 1 << 5 }
        if gradientNorm != nil { flags |= 1 << 6 }
        if stepTimeMs != nil { flags |= 1 << 7 }
        if step != nil { flags |= Self.stepBit }
        if time != nil { flags |= Self.timeBit }
        let epoch = UInt32(bitPattern: Int32(clamping: epoch ?? 0))
        let batch = UInt32(bitPattern: Int32(clamping: batch ?? 0))
        self.init(
            flags: flags, place: UInt64(epoch) << 32 | UInt64(batch), step: step ?? 0, time: time ?? 0,
            loss: loss ?? 0, accuracy: accuracy ?? 0, precision: precision ?? 0, recall: recall ?? 0,
            f1Score: f1Score ?? 0, learningRate: learningRate ?? 0, gradientNorm: gradientNorm ?? 0,
            stepTimeMs: stepTimeMs ?? 0)
    }
}
