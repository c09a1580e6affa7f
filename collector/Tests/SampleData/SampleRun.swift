#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One training run: how it goes, before any of its steps is made.
public struct SampleRun: Sendable {
    /// Random, by the seed.
    public let id: UUID
    /// The machine's sampler.
    public let instance: UUID
    /// The model's name and a number.
    public let name: String
    /// What it trains.
    public let model: SampleModel
    /// What it is part of.
    public let experiment: UUID
    /// Nanoseconds since 1970.
    public let start: Int64
    /// As in the table runs.
    public let status: String
    /// Whether it goes on to the end of the data.
    let isRunning: Bool
    /// Rows, of all ranks and attempts; about so many if it is running still.
    let rows: Int
    /// Seconds from one step to the next.
    let interval: Double
    let ranks: Int16
    let batchSize: Int
    let batchesPerEpoch: Int
    let schedule: Schedule
    let peakRate: Double
    let logsGradientNorm: Bool
    /// After how many rows its process dies and is started again from its last checkpoint.
    let crashes: [Int]
    let seed: UInt64

    /// How the learning rate goes.
    enum Schedule: CaseIterable { case constant, stepped, cosine, linear }

    static func all(_ shape: SampleShape, _ models: [SampleModel]) -> [SampleRun] {
        var random = SampleRandom(seed: shape.seed, 2, 0)
        // Few long runs and many short ones.
        let weights = (0..<shape.runs).map { _ in exp(random.normal()) }
        let sum = weights.reduce(0, +)
        return weights.enumerated().map { index, weight in
            SampleRun(shape, models, index, rows: Int(Double(shape.trainingRows) * weight / sum))
        }
    }

    private init(_ shape: SampleShape, _ models: [SampleModel], _ index: Int, rows: Int) {
        var random = SampleRandom(seed: shape.seed, 3, index)
        let span = shape.days * 86_400
        ranks = index % 16 == 5 ? 2 : 1
        let steps = Double(rows) / Double(ranks)
        // From ten a second to one in five seconds, as slow as leaves the run two thirds of the time.
        let intervals = [0.1, 0.2, 0.5, 1, 2, 5].filter { $0 * steps < span * 0.66 }
        interval = intervals.isEmpty ? span * 0.66 / steps : random.pick(intervals)
        // Pauses and crashes come on top.
        let length = steps * interval * 1.15 + 3_600
        isRunning = index % 5 == 0
        let offset =
            isRunning
            ? max(0, span - steps * interval * 1.03) : random.uniform(0, max(0, span - length))
        start = shape.begin + Int64(offset * 1e9)
        self.rows = rows
        id = random.uuid()
        instance = random.uuid()
        experiment = random.uuid()
        model = models[index % models.count]
        name = "\(model.name)-\(index / models.count + 1)"
        status = isRunning ? "running" : index % 7 == 3 ? "failed" : "finished"
        batchSize = random.pick([32, 64, 128, 256])
        batchesPerEpoch = random.pick([200, 469, 782, 1_563])
        schedule = random.pick(Schedule.allCases)
        peakRate = random.pick([1e-4, 3e-4, 1e-3, 5e-2])
        logsGradientNorm = !random.once(in: 3)
        let lives = index % 4 == 1 ? 1 + Int(random.unit() * 3) : 0
        crashes = (0..<lives).map { _ in Int(Double(rows) * random.uniform(0.15, 0.9)) }.sorted()
        seed = random.next()
    }
}
