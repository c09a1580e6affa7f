import HyperstepHistogram
import HyperstepPostgres
import HyperstepWire
import TestDatabases
import Testing

@testable import HyperstepCollector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The kinds of records that have tables of their own, besides steps.
enum StreamKind: CaseIterable, Sendable {
    case scalars, windows, samples, experiments, series
}

/// A stream of one kind whose record at position p is known from p alone, and so is what the tables must hold.
struct KindStream: Sendable {
    let kind: StreamKind
    let id = UUID()
    /// The run, the serving process, the experiment.
    let owner = UUID()
    let model = UUID()
    /// From one position to the next, in nanoseconds.
    var spacing: Int64 = 1_000_000
    var names = ["val/top5", "loss ü", "loss u\u{308}", "tokens"].map { Metric(name: $0, unit: "1") }

    static let bitPatterns: [UInt64] = [
        0x7ff8_0000_0000_0000, 0x7ff0_0000_0000_0001, 0xffff_ffff_ffff_ffff, 0x7ff0_0000_0000_0000,
        0xfff0_0000_0000_0000, 0x8000_0000_0000_0000, 0, 1, 0x7ff8_dead_beef_0001,
    ]

    func isVoid(_ position: UInt64) -> Bool { position % 7 == 3 }
    func time(_ position: UInt64) -> Int64 { TestStream.epoch + Int64(position) * spacing }

    func batch(_ positions: Range<UInt64>) -> Batch {
        let kept = positions.filter { !isVoid($0) }
        return Batch(
            stream: id, firstPosition: positions.lowerBound, positionCount: UInt64(positions.count),
            voidOffsets: positions.filter(isVoid).map { UInt32($0 - positions.lowerBound) },
            records: records(kept))
    }

    func records(_ positions: [UInt64]) -> Batch.Records {
        switch kind {
        case .scalars: .scalars(scalars(positions))
        case .windows:
            .inferenceWindows(InferenceWindows(instanceID: owner, windows: positions.map(window)))
        case .samples: .systemSamples(samples(positions))
        case .experiments: .experimentEvents(positions.map(experiment))
        case .series: .seriesWindows(seriesWindows(positions))
        }
    }

    // MARK: What is sent

    /// Any double at all, often an odd one.
    func double(_ position: UInt64, _ salt: UInt64 = 0) -> Double {
        var random = SeededGenerator(seed: position &* 31 &+ salt)
        let bits: UInt64 = .random(in: 0 ... .max, using: &random)
        return Double(
            bitPattern: bits % 3 == 0
                ? Self.bitPatterns[Int(bits / 3 % UInt64(Self.bitPatterns.count))] : bits)
    }

    /// The same, or nothing.
    func reading(_ position: UInt64, _ salt: UInt64) -> Double? {
        (position &+ salt) % 3 == 0 ? nil : double(position, salt)
    }

    private func scalars(_ positions: [UInt64]) -> Scalars {
        var scalars = Scalars(runID: owner, attempt: 3, rank: 1)
        // In an order that differs from batch to batch, and with one that no row uses.
        let turn = Int(positions.first ?? 0) % names.count
        scalars.metrics = Array(names[turn...] + names[..<turn]) + [Metric(name: "unused \(id)")]
        for position in positions {
            scalars.times.append(time(position))
            scalars.steps.append(position % 11 == 0 ? .min : Int64(position))
            let place = (Int(position) % names.count - turn + names.count) % names.count
            scalars.metricIndexes.append(UInt32(place))
            scalars.values.append(double(position))
        }
        return scalars
    }

    func window(_ position: UInt64) -> InferenceWindow {
        var window = InferenceWindow(
            time: time(position), durationMs: Double(position % 9 + 1) * 250,
            model: Model(id: model, name: "digits"), endpoint: position % 2 == 0 ? "/predict" : "/é")
        window.requestCount = position % 13 == 0 ? UInt64(Int64.max) : position * 3
        (window.errorCount, window.inputTokens, window.outputTokens) = (position % 5, position, position * 2)
        window.cpuUsage = reading(position, 1)
        window.memoryUsage = reading(position, 2)
        window.gpuUtilization = reading(position, 3)
        for kind in 1...4 where (position + UInt64(kind)) % 4 != 0 {
            var random = SeededGenerator(seed: position * 8 + UInt64(kind))
            let durations = (0...position % 6).map { _ in
                UInt64.random(in: 0...50_000_000, using: &random)
            }
            window.histograms.append(
                LatencyHistogram(
                    kind: .init(rawValue: UInt32(kind == 4 ? 32_767 : kind)),
                    distribution: Histogram(nanoseconds: durations)))
        }
        return window
    }

    private func samples(_ positions: [UInt64]) -> SystemSamples {
        var samples = SystemSamples(instanceID: owner, runID: spacing % 2 == 0 ? model : nil)
        samples.devices = ["cpu", "gpu0", "gpu1"]
        samples.times = positions.map(time)
        samples.deviceIndexes = positions.map { UInt32($0 % 3) }
        samples.utilization = DoubleColumn(positions.map { reading($0, 1) })
        samples.memoryUsedBytes = UInt64Column(positions.map(Self.memory))
        samples.temperatureC = DoubleColumn(positions.map { double($0, 4) })
        samples.cpuLimitCores = DoubleColumn(positions.map { reading($0, 5) })
        samples.memoryLimitBytes = UInt64Column(positions.map { Self.memory($0 + 1) })
        samples.diskReadBytes = UInt64Column(positions.map { Self.memory($0 + 2) })
        samples.diskWrittenBytes = UInt64Column(positions.map { Self.memory($0 + 3) })
        samples.networkReceivedBytes = UInt64Column(positions.map { Self.memory($0 + 4) })
        return samples
    }

    static func memory(_ position: UInt64) -> UInt64? {
        position % 4 == 1 ? nil : position % 5 == 0 ? UInt64(Int64.max) : position
    }

    func experiment(_ position: UInt64) -> ExperimentEvent {
        ExperimentEvent(
            time: time(position), experimentID: owner, modelID: model,
            parametersJSON: position % 2 == 0 ? " {\"p\": \(position)}" : "",
            metricsJSON: #"{"loss": null, "p": \#(position)}"#, status: "running",
            workerID: position % 3 == 0 ? "" : "w\(position)", gpuID: position % 5 == 0 ? "gpu0" : "")
    }
}
