import HyperstepHistogram
import HyperstepPolicies
import HyperstepPostgres
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Windows as rows of `model_performance`, one each.
struct ModelPerformanceCopy: TableCopy, ~Copyable {
    static let table = Hypertable.modelPerformance
    static let segmentColumns: Set<String> = ["model_id", "endpoint", "instance_id"]
    static let statement = """
        COPY model_performance (time, model_id, endpoint, request_count, error_count, latency_p50, latency_p90,
        latency_p99, throughput_rps, cpu_usage, memory_usage, gpu_utilization, input_tokens, output_tokens,
        time_to_first_token_p50, time_to_first_token_p99, time_per_output_token_p50, time_per_output_token_p99,
        instance_id) FROM STDIN WITH (FORMAT binary)
        """

    static func records(of batch: Batch) -> InferenceWindows? {
        if case .inferenceWindows(let windows) = batch.records { windows } else { nil }
    }

    static func times(of windows: InferenceWindows) -> [Int64] { windows.windows.map(\.time) }
    static func segment(of windows: InferenceWindows) -> Segment {
        let served = Set(windows.windows.map { Served($0) })
        return Segment(key: [windows.instanceID], count: max(1, served.count))
    }
    static func noteKey(of windows: InferenceWindows, _ row: Int) -> UUID? { windows.windows[row].model.id }

    mutating func write(
        _ windows: InferenceWindows, rows: Range<Int>, through copy: inout PostgresBinaryCopy,
        to writer: borrowing PostgresCopyWriter
    ) throws(PostgresError) {
        for row in rows {
            Self.append(windows.windows[row], windows.instanceID, to: &copy)
            try copy.sendIfLarge(to: writer)
        }
    }

    private static func append(
        _ window: InferenceWindow, _ instance: UUID, to copy: inout PostgresBinaryCopy
    ) {
        copy.row(fields: 19)
        copy.timestamp(nanoseconds: window.time)
        copy.uuid(window.model.id)
        copy.text(window.endpoint)
        copy.int8(Int64(clamping: window.requestCount))
        copy.int8(Int64(clamping: window.errorCount))
        append(percentiles: [0.5, 0.9, 0.99], of: .request, window, to: &copy)
        copy.float8(1_000 * Double(window.requestCount) / window.durationMs)
        copy.float8(window.cpuUsage)
        copy.float8(window.memoryUsage)
        copy.float8(window.gpuUtilization)
        copy.int8(Int64(clamping: window.inputTokens))
        copy.int8(Int64(clamping: window.outputTokens))
        append(percentiles: [0.5, 0.99], of: .timeToFirstToken, window, to: &copy)
        append(percentiles: [0.5, 0.99], of: .timePerOutputToken, window, to: &copy)
        copy.uuid(instance)
    }

    /// Milliseconds, or null where the window has nothing of this kind.
    private static func append(
        percentiles: [Double], of kind: LatencyHistogram.Kind, _ window: InferenceWindow,
        to copy: inout PostgresBinaryCopy
    ) {
        let distribution = window.histograms.first { $0.kind == kind }?.distribution
        for percentile in percentiles { copy.float8(distribution?.percentile(percentile)) }
    }
}

/// What a window is about.
struct Served: Hashable {
    let model: UUID
    let endpoint: String
    /// Of a histogram; 0 for the window as a whole.
    let kind: UInt32

    init(_ window: InferenceWindow, kind: LatencyHistogram.Kind = .init(rawValue: 0)) {
        model = window.model.id
        endpoint = window.endpoint
        self.kind = kind.rawValue
    }
}
