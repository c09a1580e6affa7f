#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A row of experiments: what happened in the life of one.
public struct SampleEvent: Sendable {
    /// Nanoseconds since 1970.
    public var time: Int64
    /// Whose it is.
    public var experiment: UUID
    /// The model it is about.
    public var model: UUID
    /// One of its parameters.
    public var learningRate: Double
    /// Another.
    public var batchSize: Int
    /// Nil where it only began.
    public var validation: (loss: Double, accuracy: Double)?
    /// How the experiment stands.
    public var status: String
    /// Who works on it.
    public var worker: String

    /// JSON, as the column has it.
    public var parameters: String { "{\"learning_rate\": \(learningRate), \"batch_size\": \(batchSize)}" }
    /// JSON, as the column has it; NaN is a text, as JSON has no number for it.
    public var metrics: String {
        guard let validation else { return "{}" }
        let loss = validation.loss.isNaN ? "\"NaN\"" : "\(validation.loss)"
        return "{\"val_loss\": \(loss), \"val_accuracy\": \(validation.accuracy)}"
    }
}

extension SampleData {
    /// The events of the experiments that its runs belong to, one experiment after the other.
    public var events: [SampleEvent] {
        runs.enumerated().flatMap { index, run in
            var random = SampleRandom(seed: shape.seed, 5, index)
            let count = 3 + Int(random.unit() * 8)
            let length = Double(run.rows) / Double(run.ranks) * run.interval
            return (0...count).compactMap { (event) -> SampleEvent? in
                let part = Double(event) / Double(count)
                let time = run.start + Int64(part * length * 1e9) + Int64(random.uniform(0, 1e9))
                guard time < shape.end else { return nil }
                let hits = 0.6 + 0.35 * part + 0.01 * random.normal()
                return SampleEvent(
                    time: time, experiment: run.experiment, model: run.model.id, learningRate: run.peakRate,
                    batchSize: run.batchSize,
                    validation: event == 0
                        ? nil : (index % 9 == 8 ? .nan : single(2.5 - 2 * hits), single(hits)),
                    status: event < count ? "running" : run.status, worker: "worker-\(index % 8)")
            }
        }
    }
}

/// A row of system_metrics.
public struct SampleMachine: Sendable {
    /// Nanoseconds since 1970.
    public var time: Int64
    /// `cpu` or `gpu0`.
    public var device: String
    /// Percent.
    public var utilization: Double
    /// Bytes in use.
    public var memory: Int64
    /// Watts; nil for the processor.
    public var power: Double?
    /// Degrees Celsius; nil for the processor.
    public var temperature: Double?
    /// Cores; nil for an accelerator.
    public var cores: Double?
    /// Bytes that there are.
    public var memoryLimit: Int64?
    /// Bytes since the sample before; nil for an accelerator.
    public var moved: Moved?

    /// What went through a machine's disks and networks, in bytes.
    public struct Moved: Sendable {
        /// From disks.
        public var read: Int64
        /// To disks.
        public var written: Int64
        /// From networks.
        public var received: Int64
        /// To networks.
        public var sent: Int64
    }
}

extension SampleData {
    /// What the sampler beside a run saw, one sample after the other.
    public func machines(of run: SampleRun) -> [SampleMachine] {
        let length = Double(run.rows) / Double(run.ranks) * run.interval
        return machines(from: run.start, seconds: length, SampleRandom(seed: run.seed, 6, 0))
    }

    /// What the sampler of a serving process saw, one sample after the other.
    public func machines(of server: SampleServer) -> [SampleMachine] {
        let length = Double(shape.end - shape.begin) / 1e9
        return machines(from: shape.begin, seconds: length, SampleRandom(seed: server.seed, 6, 0))
    }

    private func machines(from start: Int64, seconds length: Double, _ random: SampleRandom)
        -> [SampleMachine]
    {
        var random = random
        var samples: [SampleMachine] = []
        var seconds = random.unit() * shape.machineInterval
        while seconds < length {
            let time = start + Int64(seconds * 1e9)
            guard time < shape.end else { break }
            samples.append(
                SampleMachine(
                    time: time, device: "cpu", utilization: single(35 + 6 * random.normal()),
                    memory: 6_000_000_000 + Int64(random.unit() * 1e6) * 4_096, cores: 8,
                    memoryLimit: 64 << 30,
                    moved: .init(
                        read: Int64(random.unit() * 1e6) * 4_096, written: Int64(random.unit() * 1e4) * 4_096,
                        received: Int64(random.unit() * 1e6), sent: Int64(random.unit() * 1e5))))
            samples.append(
                SampleMachine(
                    time: time, device: "gpu0", utilization: (88 + 6 * random.normal()).rounded(),
                    memory: 21_474_836_480, power: (280 + 15 * random.normal()).rounded(),
                    temperature: (71 + 2 * random.normal()).rounded(), memoryLimit: 80 << 30))
            seconds += shape.machineInterval
        }
        return samples
    }
}

/// A row of run_metrics.
public struct SampleScalar: Sendable {
    /// Nanoseconds since 1970.
    public var time: Int64
    /// A place in ``SampleData/scalarNames``.
    public var metric: Int
    /// The global step.
    public var step: Int64
    /// What was logged.
    public var value: Double
    /// Which life of the run.
    public var attempt: Int16
    /// Which of its processes.
    public var rank: Int16
}

extension SampleData {
    /// The metrics that runs log beside the columns of training_metrics: name and unit.
    public static let scalarNames = [("val/loss", "1"), ("val/top5", "1"), ("throughput", "{sample}/s")]

    /// What a run logs at one of its steps.
    public func scalars(at step: SampleStep, of run: SampleRun) -> [SampleScalar] {
        func scalar(_ metric: Int, _ value: Double) -> SampleScalar {
            SampleScalar(
                time: step.time, metric: metric, step: step.step, value: value, attempt: step.attempt,
                rank: step.rank)
        }
        var scalars: [SampleScalar] = []
        if let precision = step.precision {
            scalars.append(scalar(0, step.loss * 1.1))
            scalars.append(scalar(1, single(0.5 + precision / 2)))
        }
        if step.step % 10 == 9, let time = step.stepTimeMs, time > 0 {
            scalars.append(scalar(2, single(Double(run.batchSize) / time * 1_000)))
        }
        return scalars
    }
}
