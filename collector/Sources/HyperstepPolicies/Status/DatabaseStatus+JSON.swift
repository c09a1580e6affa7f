extension DatabaseStatus {
    /// One line of JSON; its keys are in `docs/operations.md`. What is not known is null, no key is ever left out.
    public var json: String {
        JSONText.object([
            ("edition", .string(edition.rawValue)), ("timescaledb", .string(timescaleVersion)),
            ("postgresql", .int(serverVersion)), ("time", .time(now)), ("bytes", .int(bytes)),
            ("hypertables", .array(hypertables.map(\.json))),
            ("aggregates", .array(aggregates.map { $0.json(now: now) })),
            ("jobs", .array(jobs.map(\.json))), ("notes", .array(notes.map { .string($0) })),
        ]).description
    }
}

extension HypertableStatus {
    fileprivate var json: JSONText {
        .object(
            [("name", .string(hypertable.name))] + volume.json + [
                ("oldest", .time(oldest)), ("newest", .time(newest)), ("span_exact", .bool(isSpanExact)),
                ("chunk_interval", .string("\(chunkInterval)")),
                ("chunk_interval_seconds", .int(chunkInterval.seconds)),
                ("rows_per_chunk", .orNull(advice.rowsPerChunk) { .int(Int64(min($0, 1e18).rounded())) }),
                ("advised_chunk_interval", .orNull(advice.interval) { .string("\($0)") }),
                ("advice", .string(advice.description)),
            ])
    }
}

extension ChunkVolume {
    fileprivate var json: [(String, JSONText)] {
        [
            ("chunks", .int(chunks)), ("compressed_chunks", .int(compressedChunks)),
            ("rows_approximate", .int(Int64(min(rows, 1e18).rounded()))), ("total_bytes", .int(totalBytes)),
            ("bytes_before_compression", .orNull(bytesBefore) { .int($0) }),
            ("bytes_after_compression", .orNull(bytesAfter) { .int($0) }),
            ("before_estimated", .bool(isBeforeEstimated)), ("ratio", .orNull(ratio) { .number($0) }),
        ]
    }
}

extension AggregateStatus {
    fileprivate func json(now: Double) -> JSONText {
        .object(
            [
                ("name", .string(aggregate.name)), ("kind", .string(kind.word)),
                ("bucket", .string("\(bucket)")), ("bucket_seconds", .int(bucket.seconds)),
                ("real_time", .bool(isRealTime)), ("computed_until", .time(computedUntil)),
                ("lag_seconds", .orNull(lag) { .number($0) }),
                ("ahead_seconds", .orNull(ahead(of: now)) { .number($0) }),
                ("waiting", .orNull(waiting) { .int($0) }),
            ] + volume.json)
    }
}

extension JobStatus {
    fileprivate var json: JSONText {
        .object([
            ("task", .string(task)), ("relation", .orNull(relation) { .string($0) }),
            ("job", .orNull(job) { .int(Int64($0)) }), ("run_by", .string(runBy.rawValue)),
            ("scheduler_error", .orNull(schedulerError) { .string($0) }), ("scheduled", .bool(isScheduled)),
            ("every_seconds", .orNull(every) { .number($0) }), ("last_start", .time(lastStart)),
            ("last_success", .time(lastSuccess)), ("succeeded", .orNull(didSucceed) { .bool($0) }),
            ("last_error", .orNull(lastError) { .string($0) }), ("next_start", .time(next)),
            ("runs", .int(runs)), ("failures", .int(failures)),
        ])
    }
}
