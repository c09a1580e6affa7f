import HyperstepHistogram
import HyperstepWire
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One way to break a record, and the field at fault.
struct Damage<Record>: Sendable, CustomTestStringConvertible {
    let field: String
    let apply: @Sendable (inout Record) -> Void

    init(_ field: String, _ apply: @escaping @Sendable (inout Record) -> Void) {
        (self.field, self.apply) = (field, apply)
    }

    var testDescription: String { field }
}

@Suite("Records that break the contract are refused by our own encoder, by name")
struct BadRecordsTests {
    static let big = WireLimits.maxCount + 1
    static let long = String(repeating: "x", count: 257)

    /// The field that the encoder names.
    static func field(_ records: Batch.Records, positions: UInt64 = 2) -> String? {
        let batch = Batch(stream: UUID(), firstPosition: 0, positionCount: positions, records: records)
        do {
            _ = try batch.encoded()
            return nil
        } catch { return error.field }
    }

    @Test(
        "Scalars",
        arguments: [
            Damage("scalars.attempt", { $0.attempt = -1 }),
            Damage("scalars.rank", { $0.rank = -1 }),
            Damage("scalars.metrics", { $0.metrics = (0..<4_097).map { Metric(name: "\($0)") } }),
            Damage("scalars.metrics[1].name", { $0.metrics[1].name = "" }),
            Damage("scalars.metrics[1].name", { $0.metrics[1].name = long }),
            Damage("scalars.metrics[1].name", { $0.metrics[1].name = $0.metrics[0].name }),
            Damage("scalars.metrics[0].unit", { $0.metrics[0].unit = long }),
            Damage("scalars.metrics[0].unit", { $0.metrics[0].unit = String(repeating: "\0", count: 100) }),
            Damage("scalars.time", { $0.times[1] = -1 }),
            Damage("scalars.metric_index", { $0.times.append(1) }),
            Damage("scalars.metric_index", { $0.metricIndexes[0] = 2 }),
            Damage("scalars.step_delta", { $0.steps.append(1) }),
            Damage("scalars.value", { $0.values.removeLast() }),
        ] as [Damage<Scalars>])
    func scalars(damage: Damage<Scalars>) {
        var scalars = Scalars(runID: UUID())
        scalars.metrics = [Metric(name: "e\u{301}"), Metric(name: "é")]
        (scalars.times, scalars.metricIndexes, scalars.steps, scalars.values) = (
            [1, 2], [0, 1], [1, 2], [3, 4]
        )
        #expect(Self.field(.scalars(scalars)) == nil)
        #expect(Self.field(.scalars(scalars), positions: 3) == "scalars.time")
        damage.apply(&scalars)
        #expect(Self.field(.scalars(scalars)) == damage.field)
    }

    @Test(
        "Inference windows",
        arguments: [
            Damage("time", { $0.time = -1 }),
            Damage("duration_ms", { $0.durationMs = 0 }),
            Damage("duration_ms", { $0.durationMs = .nan }),
            Damage("duration_ms", { $0.durationMs = .infinity }),
            Damage("model.name", { $0.model.name = "" }),
            Damage("model.version", { $0.model.version = long }),
            Damage("endpoint", { $0.endpoint = "" }),
            Damage("request_count", { $0.requestCount = big }),
            Damage("error_count", { $0.errorCount = big }),
            Damage("input_tokens", { $0.inputTokens = big }),
            Damage("output_tokens", { $0.outputTokens = big }),
            Damage("histograms[0].kind", { $0.histograms[0].kind = .init(rawValue: 0) }),
            Damage("histograms[0].kind", { $0.histograms[0].kind = .init(rawValue: 32_768) }),
            Damage("histograms[1].kind", { $0.histograms[1].kind = .request }),
            Damage("histograms[1].bucket_delta", { $0.histograms[1].distribution = Histogram() }),
            Damage("histograms[1].count", { $0.histograms[1].distribution = Histogram(dense: [big]) }),
            Damage(
                "histograms[1].count", { $0.histograms[1].distribution = Histogram(dense: [big - 1, 1]) }),
            Damage(
                "histograms[1].count", { $0.histograms[1].distribution = Histogram(dense: [.max, .max]) }),
            Damage(
                "histograms",
                {
                    let one = $0.histograms[0].distribution
                    $0.histograms = (1...17).map {
                        LatencyHistogram(kind: .init(rawValue: $0), distribution: one)
                    }
                }
            ),
        ] as [Damage<InferenceWindow>])
    func windows(damage: Damage<InferenceWindow>) {
        var window = InferenceWindow(
            time: 1, durationMs: 10_000, model: Model(id: UUID(), name: "m"), endpoint: "/predict")
        window.histograms = [.request, .queueTime].map {
            LatencyHistogram(kind: $0, distribution: Histogram(nanoseconds: [1_000]))
        }
        let sound = window
        #expect(
            Self.field(.inferenceWindows(InferenceWindows(instanceID: UUID(), windows: [sound, sound])))
                == nil)
        damage.apply(&window)
        let windows = InferenceWindows(instanceID: UUID(), windows: [sound, window])
        #expect(Self.field(.inferenceWindows(windows)) == "inference_windows.windows[1].\(damage.field)")
    }

    @Test(
        "System samples",
        arguments: [
            Damage("devices", { $0.devices = (0..<257).map { "gpu\($0)" } }),
            Damage("devices[1]", { $0.devices[1] = "" }),
            Damage("devices[1]", { $0.devices[1] = long }),
            Damage("devices[1]", { $0.devices[1] = "cpu" }),
            Damage("time", { $0.times[0] = -1 }),
            Damage("device_index", { $0.deviceIndexes.removeLast() }),
            Damage("device_index", { $0.deviceIndexes[1] = 2 }),
            Damage("utilization.values", { $0.utilization.values = [1] }),
            Damage("memory_used_bytes.presence", { $0.memoryUsedBytes.presence = [4] }),
            Damage("memory_used_bytes.values", { $0.memoryUsedBytes.values = [0, big] }),
            Damage("power_watts.presence", { $0.powerWatts = DoubleColumn(values: [1], presence: [1, 0]) }),
            Damage("temperature_c.values", { $0.temperatureC = DoubleColumn(values: [1], presence: [3]) }),
            Damage("cpu_limit_cores.values", { $0.cpuLimitCores.values = [1] }),
            Damage("memory_limit_bytes.values", { $0.memoryLimitBytes.values = [0, big] }),
            Damage("disk_read_bytes.values", { $0.diskReadBytes.values = [0, big] }),
            Damage("disk_written_bytes.values", { $0.diskWrittenBytes.values = [1] }),
            Damage("network_received_bytes.values", { $0.networkReceivedBytes.values = [big, 0] }),
            Damage("network_sent_bytes.presence", { $0.networkSentBytes.presence = [4] }),
        ] as [Damage<SystemSamples>])
    func samples(damage: Damage<SystemSamples>) {
        var samples = SystemSamples(instanceID: UUID())
        samples.devices = ["cpu", "gpu0"]
        (samples.times, samples.deviceIndexes) = ([1, 2], [0, 1])
        samples.memoryUsedBytes = UInt64Column(values: [0, WireLimits.maxCount])
        #expect(Self.field(.systemSamples(samples)) == nil)
        damage.apply(&samples)
        #expect(Self.field(.systemSamples(samples)) == "system_samples.\(damage.field)")
    }

    @Test(
        "Experiment events",
        arguments: [
            Damage("time", { $0.time = -1 }),
            Damage("parameters_json", { $0.parametersJSON = String(repeating: " ", count: 64 * 1024 + 1) }),
            Damage("metrics_json", { $0.metricsJSON = String(repeating: " ", count: 64 * 1024 + 1) }),
            Damage("status", { $0.status = "" }),
            Damage("status", { $0.status = String(repeating: "x", count: 65) }),
            Damage("worker_id", { $0.workerID = long }),
            Damage("gpu_id", { $0.gpuID = long }),
        ] as [Damage<ExperimentEvent>])
    func experiments(damage: Damage<ExperimentEvent>) {
        let sound = ExperimentEvent(time: 0, experimentID: UUID(), modelID: UUID(), status: "running")
        var event = sound
        #expect(Self.field(.experimentEvents([sound, event])) == nil)
        damage.apply(&event)
        #expect(
            Self.field(.experimentEvents([sound, event])) == "experiment_events.events[1].\(damage.field)")
        #expect(throws: WireError.self) { try event.encoded() }
    }

    @Test("What could never fit a body is refused before memory is taken for it")
    func sizes() {
        let json = String(repeating: " ", count: 64 * 1024)
        let event = ExperimentEvent(
            time: 0, experimentID: UUID(), modelID: UUID(), parametersJSON: json, status: "running")
        #expect(
            Self.field(.experimentEvents(Array(repeating: event, count: 129)), positions: 129)
                == "experiment_events.events")
        #expect(
            Self.field(.experimentEvents(Array(repeating: event, count: 4_097)), positions: 4_097)
                == "experiment_events.events")
        let full = Histogram(dense: Array(repeating: 1, count: LatencyBuckets.count))
        var window = InferenceWindow(
            time: 1, durationMs: 1, model: Model(id: UUID(), name: "m"), endpoint: "/")
        #expect(
            Self.field(
                .inferenceWindows(
                    InferenceWindows(instanceID: UUID(), windows: Array(repeating: window, count: 4_097))),
                positions: 4_097) == "inference_windows.windows")
        window.histograms = [LatencyHistogram(kind: .request, distribution: full)]
        #expect(
            Self.field(
                .inferenceWindows(
                    InferenceWindows(instanceID: UUID(), windows: Array(repeating: window, count: 2_000))),
                positions: 2_000) == "inference_windows.windows")
    }
}
