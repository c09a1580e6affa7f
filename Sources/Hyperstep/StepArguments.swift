/// The arguments of one `step` call, packed where it is called: one store for each column that is given, none
/// for the others, and a single pointer to pass on.
@usableFromInline
struct StepArguments: BitwiseCopyable {
    /// Which columns have a value: bit n is column n, from 0 (loss) to 7 (step time).
    @usableFromInline var present: UInt8
    @usableFromInline var hasStep: Bool
    @usableFromInline var hasTime: Bool
    @usableFromInline var epoch: Int32
    @usableFromInline var batch: Int32
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
        step: Int?, epoch: Int?, batch: Int?, loss: Double?, accuracy: Double?, precision: Double?,
        recall: Double?, f1Score: Double?, learningRate: Double?, gradientNorm: Double?, stepTimeMs: Double?,
        time: Int64?
    ) {
        self.hasStep = step != nil
        self.hasTime = time != nil
        self.step = step ?? 0
        self.time = time ?? 0
        self.epoch = Int32(clamping: epoch ?? 0)
        self.batch = Int32(clamping: batch ?? 0)
        self.loss = loss ?? 0
        self.accuracy = accuracy ?? 0
        self.precision = precision ?? 0
        self.recall = recall ?? 0
        self.f1Score = f1Score ?? 0
        self.learningRate = learningRate ?? 0
        self.gradientNorm = gradientNorm ?? 0
        self.stepTimeMs = stepTimeMs ?? 0
        var present: UInt8 = 0
        if loss != nil { present |= 1 << 0 }
        if accuracy != nil { present |= 1 << 1 }
        if precision != nil { present |= 1 << 2 }
        if recall != nil { present |= 1 << 3 }
        if f1Score != nil { present |= 1 << 4 }
        if learningRate != nil { present |= 1 << 5 }
        if gradientNorm != nil { present |= 1 << 6 }
        if stepTimeMs != nil { present |= 1 << 7 }
        self.present = present
    }
}
