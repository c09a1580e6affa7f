import HyperstepHistogram
import HyperstepWire

extension GoldenTests {
    /// What the files of the records beside steps and run events hold.
    static var others: [String: Batch] {
        var scalars = Scalars(runID: id(2), attempt: 1, rank: 2)
        scalars.metrics = [Metric(name: "val/top5", unit: "1"), Metric(name: "größe")]
        scalars.times = [1_700_000_000_000_000_000, 0, 1]
        scalars.metricIndexes = [0, 1, 0]
        scalars.steps = [100, .min, .max]
        scalars.values = [0.93, Double(bitPattern: 0x7FF8_DEAD_BEEF_0001), -0.0]
        var samples = SystemSamples(instanceID: id(3), runID: id(2))
        samples.devices = ["cpu", "gpu0"]
        (samples.times, samples.deviceIndexes) = ([5, 5], [0, 1])
        samples.utilization = DoubleColumn(values: [12.5, 99])
        samples.memoryUsedBytes = UInt64Column(values: [1 << 40, WireLimits.maxCount])
        samples.powerWatts = DoubleColumn([nil, 300])
        var allSamples = samples
        allSamples.devices.append("process")
        allSamples.deviceIndexes = [0, 2]
        allSamples.cpuLimitCores = DoubleColumn([1.5, nil])
        allSamples.memoryLimitBytes = UInt64Column([1 << 41, nil])
        allSamples.diskReadBytes = UInt64Column(values: [0, 4_096])
        allSamples.diskWrittenBytes = UInt64Column(values: [512, 1 << 33])
        allSamples.networkReceivedBytes = UInt64Column([7, nil])
        allSamples.networkSentBytes = UInt64Column([WireLimits.maxCount, nil])
        let event = ExperimentEvent(
            time: 7, experimentID: id(4), modelID: id(1), parametersJSON: #"{"rate":0.1}"#,
            metricsJSON: #"{"loss":"NaN"}"#, status: "finished", workerID: "w1", gpuID: "gpu0")
        let bare = ExperimentEvent(time: 0, experimentID: id(4), modelID: id(1), status: "running")
        return [
            "scalars": batch(3, .scalars(scalars)),
            "inference-windows": batch(2, .inferenceWindows(windows)),
            "system-samples": batch(2, .systemSamples(samples)),
            "system-samples-all": batch(2, .systemSamples(allSamples)),
            "series-windows": batch(3, .seriesWindows(seriesWindows)),
            "experiment-events": batch(2, .experimentEvents([event, bare])),
        ]
    }

    private static var windows: InferenceWindows {
        var window = InferenceWindow(
            time: 1_700_000_000_000_000_000, durationMs: 10_000,
            model: Model(id: id(1), name: "mlp-32", version: "1"), endpoint: "/predict")
        (window.requestCount, window.errorCount) = (5, 1)
        (window.inputTokens, window.outputTokens) = (300, WireLimits.maxCount)
        (window.cpuUsage, window.memoryUsage) = (0, -0.0)
        window.histograms = [
            LatencyHistogram(
                kind: .request, distribution: Histogram(nanoseconds: [0, 1_000, 1_500_000, 1_500_001, .max])),
            LatencyHistogram(kind: .timeToFirstToken, distribution: Histogram(nanoseconds: [2_000_000])),
        ]
        let quiet = InferenceWindow(
            time: 0, durationMs: 0.5, model: Model(id: id(1), name: "mlp-32"), endpoint: "/")
        return InferenceWindows(instanceID: id(3), windows: [window, quiet])
    }

    private static var seriesWindows: SeriesWindows {
        var windows = SeriesWindows(instanceID: id(3), runID: id(2), service: "shop")
        windows.series = [
            Series(
                name: "http_requests_total", kind: .counter, unit: "1",
                dimensions: [.init(key: "method", value: "GET"), .init(key: "status", value: "")]),
            Series(name: "größe", kind: .timer, unit: "ns"),
        ]
        windows.times = [1_700_000_000_000_000_000, 1_700_000_000_000_000_000, 0]
        windows.seriesIndexes = [0, 1, 1]
        windows.durationsMs = [10_000, 10_000, 0.5]
        windows.counts = [3, 4, WireLimits.maxCount]
        windows.nonFiniteCounts = [0, 2, 0]
        windows.sum = DoubleColumn(values: [-7, 1e9, -0.0])
        windows.min = DoubleColumn([nil, 512, 1])
        windows.max = DoubleColumn([nil, 1e9, 2])
        windows.last = DoubleColumn(values: [35, .nan, 2])
        windows.histograms = [
            ValueHistogram(), ValueHistogram(values: [-3, 0, 512, 513, 1e9, .infinity]),
            ValueHistogram(buckets: [-8_192, 8_192], counts: [1, WireLimits.maxCount - 1])
                ?? ValueHistogram(),
        ]
        return windows
    }

    private static func batch(_ count: UInt64, _ records: Batch.Records) -> Batch {
        Batch(stream: id(7), firstPosition: 10, positionCount: count, records: records)
    }
}
