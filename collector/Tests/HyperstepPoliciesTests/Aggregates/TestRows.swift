import HyperstepPostgres

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A row of a hypertable that aggregates are made of. Times are microseconds since 2000.
protocol TestRow: Sendable {
    static var table: String { get }
    static var columns: String { get }
    var time: Int64 { get }
    var key: UUID { get }
    func append(to copy: inout PostgresBinaryCopy)
}

extension PostgresBinaryCopy {
    mutating func timestamp(microseconds: Int64) {
        timestamp(nanoseconds: (microseconds + 946_684_800_000_000) * 1000)
    }

    mutating func int8(_ value: Int64?) {
        if let value { int8(value) } else { null() }
    }
}

struct TrainingRow: TestRow {
    static let table = "training_metrics"
    static let columns =
        "time, model_id, run_id, epoch, batch, loss, accuracy, learning_rate, gradient_norm, step_time_ms, step, attempt, rank"
    var time: Int64
    var model = UUID()
    var run = UUID()
    var loss: Double? = 0.5
    var accuracy: Double?
    var learningRate: Double?
    var gradientNorm: Double?
    var stepTime: Double?
    var step: Int64 = 0
    var attempt: Int16 = 0
    var rank: Int16 = 0
    var key: UUID { run }

    func append(to copy: inout PostgresBinaryCopy) {
        copy.timestamp(microseconds: time)
        copy.uuid(model)
        copy.uuid(run)
        copy.int4(1)
        copy.int4(2)
        copy.float8(loss)
        copy.float8(accuracy)
        copy.float8(learningRate)
        copy.float8(gradientNorm)
        copy.float8(stepTime)
        copy.int8(step)
        copy.int2(attempt)
        copy.int2(rank)
    }
}

struct MetricRow: TestRow {
    static let table = "run_metrics"
    static let columns = "time, run_id, metric_id, step, value, attempt, rank"
    var time: Int64
    var run: UUID
    var metric: Int32
    var step: Int64
    var value: Double
    var attempt: Int16
    var key: UUID { run }

    func append(to copy: inout PostgresBinaryCopy) {
        copy.timestamp(microseconds: time)
        copy.uuid(run)
        copy.int4(metric)
        copy.int8(step)
        copy.float8(value)
        copy.int2(attempt)
        copy.int2(0)
    }
}

struct PerformanceRow: TestRow {
    static let table = "model_performance"
    static let columns = """
        time, model_id, endpoint, request_count, error_count, latency_p90, latency_p99, throughput_rps, \
        cpu_usage, memory_usage, gpu_utilization, input_tokens, output_tokens, instance_id
        """
    var time: Int64
    var model: UUID
    var endpoint: String
    var requests: Int64
    var errors: Int64
    var latency90: Double?
    var latency99: Double?
    var throughput: Double?
    var cpu: Double?
    var memory: Double?
    var gpu: Double?
    var inputTokens: Int64?
    var outputTokens: Int64?
    var key: UUID { model }

    func append(to copy: inout PostgresBinaryCopy) {
        copy.timestamp(microseconds: time)
        copy.uuid(model)
        copy.text(endpoint)
        copy.int8(requests)
        copy.int8(errors)
        copy.float8(latency90)
        copy.float8(latency99)
        copy.float8(throughput)
        copy.float8(cpu)
        copy.float8(memory)
        copy.float8(gpu)
        copy.int8(inputTokens)
        copy.int8(outputTokens)
        copy.uuid(UUID(uuidString: "00000000-0000-0000-0000-000000000009")!)
    }
}

struct HistogramRow: TestRow {
    static let table = "latency_histogram"
    static let columns = "time, model_id, endpoint, instance_id, kind, bucket, count"
    var time: Int64
    var model: UUID
    var endpoint: String
    var instance: UUID
    var kind: Int16
    var bucket: Int16
    var count: Int64
    var key: UUID { model }

    func append(to copy: inout PostgresBinaryCopy) {
        copy.timestamp(microseconds: time)
        copy.uuid(model)
        copy.text(endpoint)
        copy.uuid(instance)
        copy.int2(kind)
        copy.int2(bucket)
        copy.int8(count)
    }
}
