#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The rows of a run, one after the other: in the order of their times, but for ranks.
///
/// Losses, accuracies, rates and norms have the 24 significant bits of a `Float`; the step time is the difference of two
/// readings of a clock in nanoseconds, rounded down to as many bits, as the SDK does. That decides how far all of them can
/// be compressed.
public struct SampleSteps: Sequence, IteratorProtocol {
    private let run: SampleRun
    private let shape: SampleShape
    private var random: SampleRandom
    private var crashes: ArraySlice<Int>
    private var emitted = 0
    private var clock: Int64
    private var lastTime: [Int64?]
    private var step: Int64 = -1
    private var attempt: Int16 = 0
    private var rank: Int16
    private var checkpoint: Int64 = 0
    /// Height of a spike of the loss, which fades within some steps.
    private var spike = 0.0
    /// Slow wandering of the loss around its trend.
    private var drift = 0.0

    init(_ run: SampleRun, _ shape: SampleShape) {
        self.run = run
        self.shape = shape
        random = SampleRandom(seed: run.seed)
        crashes = run.crashes[...]
        clock = run.start
        rank = run.ranks
        lastTime = Array(repeating: nil, count: Int(run.ranks))
    }

    /// The next row.
    public mutating func next() -> SampleStep? {
        guard emitted < run.rows || run.isRunning else { return nil }
        if rank >= run.ranks { advance() }
        defer {
            rank += 1
            emitted += 1
        }
        // Ranks wait for each other, so that they are within some milliseconds.
        let time = clock + Int64(rank) * Int64(random.uniform(0.1e6, 3e6))
        guard time < shape.end else { return nil }
        return row(at: time)
    }

    /// To the next step of all ranks.
    private mutating func advance() {
        rank = 0
        if let crash = crashes.first, emitted >= crash {
            crashes.removeFirst()
            attempt += 1
            step = checkpoint
            clock += Int64(random.uniform(30, 1_800) * 1e9)
            for rank in lastTime.indices { lastTime[rank] = nil }
            return
        }
        step += 1
        if step % 500 == 0 { checkpoint = step }
        var seconds = run.interval * exp(0.02 * random.normal())
        if step % Int64(run.batchesPerEpoch) == 0 { seconds += run.interval * random.uniform(5, 30) }
        if random.once(in: 20_000) { seconds += random.uniform(20, 600) }
        clock += Int64(seconds * 1e9)
        drift = 0.995 * drift + 0.01 * random.normal()
        spike = random.once(in: 4_000) ? random.uniform(2, 8) : spike * 0.6
    }

    private mutating func row(at time: Int64) -> SampleStep {
        let progress = Swift.min(1, Double(step) * Double(run.ranks) / Double(Swift.max(1, run.rows)))
        let trend = 0.05 + 2.3 * pow(1 + Double(step) / 300, -0.6)
        let loss = trend * exp(drift + 0.08 * random.normal()) * (1 + spike)
        let isNaN = random.once(in: shape.lossesPerNaN)
        let hits = 1 - 0.9 * Swift.min(1, loss / 2.4)
        let isLast = (step + 1) % Int64(run.batchesPerEpoch) == 0
        let validated = isLast ? single(hits * random.uniform(0.95, 1)) : nil
        let norm =
            run.logsGradientNorm
            ? single(isNaN ? .infinity : 0.4 * (0.2 + loss) * exp(0.25 * random.normal())) : nil
        let last = lastTime[Int(rank)]
        lastTime[Int(rank)] = time
        return SampleStep(
            time: time, step: step, epoch: Int32(step / Int64(run.batchesPerEpoch)),
            batch: Int32(step % Int64(run.batchesPerEpoch)), attempt: attempt, rank: rank,
            loss: isNaN ? .nan : single(loss), accuracy: accuracy(hits), precision: validated,
            recall: validated.map { single($0 * 0.99) }, f1Score: validated.map { single($0 * 0.995) },
            learningRate: rate(progress), gradientNorm: norm,
            stepTimeMs: last.map { milliseconds(time - $0) })
    }

    private func milliseconds(_ nanoseconds: Int64) -> Double {
        Double(bitPattern: (Double(Swift.max(0, nanoseconds)) * 1e-6).bitPattern & ~0x1fff_ffff)
    }

    /// Of one batch: a whole number of hits in it.
    private mutating func accuracy(_ expected: Double) -> Double {
        let size = Double(run.batchSize)
        let deviation = (size * expected * (1 - expected)).squareRoot()
        let hits = (size * expected + deviation * random.normal()).rounded()
        return single(Swift.min(size, Swift.max(0, hits)) / size)
    }

    private func rate(_ progress: Double) -> Double {
        let factor =
            switch run.schedule {
            case .constant: 1.0
            case .stepped: progress < 0.5 ? 1.0 : progress < 0.8 ? 0.1 : 0.01
            case .cosine: progress < 0.03 ? progress / 0.03 : 0.5 * (1 + cos(.pi * (progress - 0.03) / 0.97))
            case .linear: 1 - progress
            }
        return single(run.peakRate * Swift.max(0, factor))
    }
}

extension SampleData {
    /// The rows of training_metrics of one run.
    public func steps(of run: SampleRun) -> SampleSteps { SampleSteps(run, shape) }
}
