import HyperstepHistogram
import HyperstepWire
import TestRandom

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Records of every shape the contract allows.
extension Scalars {
    static func random(rows: Int, _ generator: inout Seeded) -> Scalars {
        var scalars = Scalars(
            runID: .random(&generator), attempt: .random(in: 0...Int16.max, using: &generator),
            rank: .random(in: 0...Int16.max, using: &generator))
        scalars.metrics = (0..<Int.random(in: 1...9, using: &generator)).map { place in
            Metric(name: "\(place)" + .random(0...30, &generator), unit: .random(0...5, &generator))
        }
        scalars.times = (0..<rows).map { _ in .random(in: 0...Int64.max, using: &generator) }
        let metrics = UInt32(scalars.metrics.count)
        scalars.metricIndexes = (0..<rows).map { _ in .random(in: 0..<metrics, using: &generator) }
        scalars.steps = (0..<rows).map { _ in .random(in: Int64.min...Int64.max, using: &generator) }
        scalars.values = (0..<rows).map { _ in .randomBits(&generator) }
        return scalars
    }
}

extension InferenceWindows {
    static func random(rows: Int, _ generator: inout Seeded) -> InferenceWindows {
        InferenceWindows(
            instanceID: .random(&generator),
            windows: (0..<rows).map { _ in .random(&generator) })
    }
}

extension InferenceWindow {
    static func random(_ generator: inout Seeded) -> InferenceWindow {
        var window = InferenceWindow(
            time: .random(in: 0...Int64.max, using: &generator),
            durationMs: .random(in: Double.leastNonzeroMagnitude...1e9, using: &generator),
            model: Model(id: .random(&generator), name: .random(1...30, &generator)),
            endpoint: .random(1...30, &generator))
        window.requestCount = .random(in: 0...WireLimits.maxCount, using: &generator)
        window.errorCount = .random(in: 0...WireLimits.maxCount, using: &generator)
        window.inputTokens = .random(in: 0...WireLimits.maxCount, using: &generator)
        window.outputTokens = .random(in: 0...WireLimits.maxCount, using: &generator)
        window.cpuUsage = Bool.random(using: &generator) ? .randomBits(&generator) : nil
        window.memoryUsage = Bool.random(using: &generator) ? .randomBits(&generator) : nil
        window.gpuUtilization = Bool.random(using: &generator) ? .randomBits(&generator) : nil
        // The last is a kind of a program that is newer than this one.
        let kinds: [UInt32] = [1, 2, 3, 4, 77].filter { _ in Bool.random(using: &generator) }
        window.histograms = kinds.map { kind in
            LatencyHistogram(kind: .init(rawValue: kind), distribution: .random(&generator))
        }
        return window
    }
}

extension Histogram {
    /// A few buckets of anything up to what a bigint holds, altogether.
    static func random(_ generator: inout Seeded) -> Histogram {
        let buckets = Set(
            (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                UInt16.random(in: 0..<UInt16(LatencyBuckets.count), using: &generator)
            }
        ).sorted()
        let counts = buckets.map { _ in UInt64.random(in: 1...WireLimits.maxCount / 6, using: &generator) }
        return Histogram(buckets: buckets, counts: counts) ?? Histogram()
    }
}

extension SystemSamples {
    static func random(rows: Int, _ generator: inout Seeded) -> SystemSamples {
        var samples = SystemSamples(
            instanceID: .random(&generator),
            runID: Bool.random(using: &generator) ? .random(&generator) : nil)
        samples.devices = ["cpu"] + (0..<Int.random(in: 0...8, using: &generator)).map { "gpu\($0)" }
        samples.times = (0..<rows).map { _ in .random(in: 0...Int64.max, using: &generator) }
        let devices = UInt32(samples.devices.count)
        samples.deviceIndexes = (0..<rows).map { _ in .random(in: 0..<devices, using: &generator) }
        samples.utilization = .random(rows: rows, &generator) { .randomBits(&$0) }
        samples.memoryUsedBytes = .random(rows: rows, &generator) {
            .random(in: 0...WireLimits.maxCount, using: &$0)
        }
        samples.powerWatts = .random(rows: rows, &generator) { .randomBits(&$0) }
        samples.temperatureC = .random(rows: rows, &generator) { .randomBits(&$0) }
        return samples
    }
}

extension ExperimentEvent {
    static func random(_ generator: inout Seeded) -> ExperimentEvent {
        ExperimentEvent(
            time: .random(in: 0...Int64.max, using: &generator), experimentID: .random(&generator),
            modelID: .random(&generator), parametersJSON: Bool.random(using: &generator) ? "{}" : "",
            metricsJSON: #"{"loss":0.5}"#, status: .random(1...12, &generator),
            workerID: .random(0...9, &generator), gpuID: .random(0...9, &generator))
    }
}

extension Column {
    /// A column that is null in every row, in some or in none.
    static func random(
        rows: Int, _ generator: inout Seeded, _ value: (inout Seeded) -> Element
    ) -> Column {
        let density = Int.random(in: 0...4, using: &generator)
        return Column(
            (0..<rows).map { _ in
                Int.random(in: 0..<4, using: &generator) < density ? value(&generator) : nil
            })
    }
}
