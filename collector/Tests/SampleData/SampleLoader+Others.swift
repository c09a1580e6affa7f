import HyperstepPostgres

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension SampleLoader {
    func loadPerformance() throws(PostgresError) -> Int {
        try copy(
            """
            model_performance (time, model_id, endpoint, request_count, error_count, latency_p50, latency_p90,
            latency_p99, throughput_rps, cpu_usage, memory_usage, gpu_utilization, input_tokens, output_tokens,
            time_to_first_token_p50, time_to_first_token_p99, instance_id)
            """
        ) { rows, writer throws(PostgresError) in
            for (server, window) in allWindows {
                rows.row(fields: 17)
                rows.timestamp(nanoseconds: window.time)
                rows.uuid(server.model.id)
                rows.text(server.endpoint)
                rows.int8(Int64(window.latencies.count))
                rows.int8(window.errors)
                for p in [0.5, 0.9, 0.99] { rows.float8(SampleWindow.percentile(p, of: window.latencies)) }
                rows.float8(window.throughput)
                rows.float8(window.cpu)
                rows.float8(window.memory)
                rows.float8(window.gpu)
                if let tokens = window.inputTokens { rows.int8(tokens) } else { rows.null() }
                if let tokens = window.outputTokens { rows.int8(tokens) } else { rows.null() }
                for p in [0.5, 0.99] { rows.float8(SampleWindow.percentile(p, of: window.firstTokens)) }
                rows.uuid(server.instance)
                if rows.count > Self.chunk { try writer.write(&rows) }
            }
        }
    }

    func loadHistograms() throws(PostgresError) -> Int {
        try copy("latency_histogram (time, model_id, endpoint, instance_id, kind, bucket, count)") {
            rows, writer throws(PostgresError) in
            for (server, window) in allWindows {
                for (kind, latencies) in [(1, window.latencies), (2, window.firstTokens)] {
                    var counts: [Int16: Int64] = [:]
                    for latency in latencies { counts[SampleWindow.bucket(latency), default: 0] += 1 }
                    for (bucket, count) in counts.sorted(by: { $0.key < $1.key }) {
                        rows.row(fields: 7)
                        rows.timestamp(nanoseconds: window.time)
                        rows.uuid(server.model.id)
                        rows.text(server.endpoint)
                        rows.uuid(server.instance)
                        rows.int2(Int16(kind))
                        rows.int2(bucket)
                        rows.int8(count)
                    }
                }
                if rows.count > Self.chunk { try writer.write(&rows) }
            }
        }
    }

    func loadMachines() throws(PostgresError) -> Int {
        let samplers: [(run: UUID?, instance: UUID, samples: [SampleMachine])] =
            data.runs.map { ($0.id, $0.instance, data.machines(of: $0)) }
            + data.servers.map { (nil, $0.instance, data.machines(of: $0)) }
        let samples = Interleaved(
            samplers, from: data.shape.begin, { $0.samples.makeIterator() }, time: \.time)
        return try copy(
            """
            system_metrics (time, run_id, instance_id, device, utilization, memory_used_bytes, power_watts,
            temperature_c, cpu_limit_cores, memory_limit_bytes, disk_read_bytes, disk_written_bytes,
            network_received_bytes, network_sent_bytes)
            """
        ) { rows, writer throws(PostgresError) in
            for (sampler, sample) in samples {
                rows.row(fields: 14)
                rows.timestamp(nanoseconds: sample.time)
                if let run = sampler.run { rows.uuid(run) } else { rows.null() }
                rows.uuid(sampler.instance)
                rows.text(sample.device)
                rows.float8(sample.utilization)
                rows.int8(sample.memory)
                rows.float8(sample.power)
                rows.float8(sample.temperature)
                rows.float8(sample.cores)
                let moved = sample.moved
                for bytes in [
                    sample.memoryLimit, moved?.read, moved?.written, moved?.received, moved?.sent,
                ] {
                    if let bytes { rows.int8(bytes) } else { rows.null() }
                }
                if rows.count > Self.chunk { try writer.write(&rows) }
            }
        }
    }

    func loadEvents() throws(PostgresError) -> Int {
        try copy(
            "experiments (time, experiment_id, model_id, parameters, metrics, status, worker_id, gpu_id)"
        ) {
            rows, writer throws(PostgresError) in
            for event in data.events.sorted(by: { $0.time < $1.time }) {
                rows.row(fields: 8)
                rows.timestamp(nanoseconds: event.time)
                rows.uuid(event.experiment)
                rows.uuid(event.model)
                rows.jsonb(event.parameters)
                rows.jsonb(event.metrics)
                rows.text(event.status)
                rows.text(event.worker)
                rows.text("gpu0")
                if rows.count > Self.chunk { try writer.write(&rows) }
            }
        }
    }

    var allWindows: Interleaved<SampleServer, SampleWindows> {
        Interleaved(data.servers, from: data.shape.begin, data.windows, time: \.time)
    }
}
