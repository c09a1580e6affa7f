extension DatabaseStatus {
    /// For a person at a terminal of 120 columns; rows are approximate, ~ stands before what else is estimated.
    public var text: String {
        let version = "PostgreSQL \(serverVersion / 10_000).\(serverVersion % 10_000)"
        var lines = [
            """
            TimescaleDB \(timescaleVersion) (\(edition.rawValue) edition) on \(version), \(Quantity.bytes(bytes)), \
            \(JSONText.timestamp(now))
            """
        ]
        lines += section(
            hypertableTable.lines, "No hypertable of Hyperstep: run hyperstep-collector migrate.")
        lines += section(aggregateTable.lines, "No aggregates.")
        lines += section(jobTable.lines, "No jobs.") + errorLines
        let remarks =
            hypertables.filter { $0.advice.interval != nil }.map { "\($0.hypertable.name): \($0.advice)" }
            + notes
        if !remarks.isEmpty { lines.append("") }
        for remark in remarks { lines += TextWrap.lines(remark, first: "* ", rest: "  ") }
        return lines.joined(separator: "\n")
    }

    private func section(_ table: [String], _ otherwise: String) -> [String] {
        [""] + (table.count > 1 ? table : [otherwise])
    }

    private var hypertableTable: TextTable {
        var table = TextTable([
            .init("HYPERTABLE"), .init("CHUNKS", number: true), .init("COLUMNAR", number: true),
            .init("ROWS", number: true), .init("BYTES", number: true), .init("BEFORE", number: true),
            .init("AFTER", number: true), .init("RATIO", number: true), .init("OLDEST"), .init("NEWEST"),
            .init("CHUNK"),
        ])
        for status in hypertables {
            let volume = status.volume
            let mark = volume.isBeforeEstimated ? "~" : ""
            let about = status.isSpanExact ? "" : "~"
            table.rows.append([
                status.hypertable.name, "\(volume.chunks)",
                edition == .apache ? "-" : "\(volume.compressedChunks)",
                Quantity.count(volume.rows), Quantity.bytes(volume.totalBytes),
                volume.bytesBefore.map { mark + Quantity.bytes($0) } ?? "-",
                volume.bytesAfter.map { Quantity.bytes($0) } ?? "-",
                volume.ratio.map { mark + Quantity.ratio($0) } ?? "-",
                status.oldest.map { about + String(JSONText.timestamp($0).prefix(10)) } ?? "-",
                status.newest.map { about + ago($0) } ?? "-", "\(status.chunkInterval)",
            ])
        }
        return table
    }

    private var aggregateTable: TextTable {
        var table = TextTable([
            .init("AGGREGATE"), .init("KIND"), .init("BUCKET"), .init("COMPUTED UNTIL"),
            .init("LAG", number: true), .init("WAITING", number: true), .init("CHUNKS", number: true),
            .init("ROWS", number: true), .init("BYTES", number: true), .init("RATIO", number: true),
        ])
        for status in aggregates {
            let volume = status.volume
            table.rows.append([
                status.aggregate.name, status.kind.word, "\(status.bucket)",
                status.computedUntil.map { minute($0) } ?? "-",
                status.lag.map { Quantity.seconds($0) } ?? "-",
                status.waiting.map { Quantity.count(Double($0)) } ?? "-", "\(volume.chunks)",
                Quantity.count(volume.rows), Quantity.bytes(volume.totalBytes),
                volume.ratio.map { (volume.isBeforeEstimated ? "~" : "") + Quantity.ratio($0) } ?? "-",
            ])
        }
        return table
    }

    private var jobTable: TextTable {
        var table = TextTable([
            .init("TASK"), .init("RELATION"), .init("JOB", number: true), .init("BY"),
            .init("EVERY", number: true),
            .init("LAST RUN"), .init("STATUS"), .init("NEXT RUN"), .init("RUNS", number: true),
            .init("FAILED", number: true),
        ])
        for job in jobs {
            let status = job.didSucceed.map { $0 ? "ok" : "failed" } ?? "-"
            table.rows.append([
                String(job.task.prefix(24)), job.relation ?? "-", job.job.map { "\($0)" } ?? "-",
                job.runBy.rawValue, job.every.map { Quantity.seconds($0) } ?? "-",
                job.lastStart.map { ago($0) } ?? "never",
                job.isScheduled ? status : "paused", job.next.map { ago($0) } ?? "-",
                Quantity.count(Double(job.runs)), Quantity.count(Double(job.failures)),
            ])
        }
        return table
    }

    private var errorLines: [String] {
        JobFailures.among(jobs).flatMap { failures in
            TextWrap.lines("\(failures.title): \(failures.error)", first: "! ", rest: "  ")
        }
    }

    private func ago(_ time: Double) -> String {
        guard time.isFinite else { return JSONText.timestamp(time) }
        let seconds = now - time
        if abs(seconds) < 1 { return "now" }
        return seconds > 0 ? "\(Quantity.seconds(seconds)) ago" : "in \(Quantity.seconds(-seconds))"
    }

    private func minute(_ time: Double) -> String {
        String(JSONText.timestamp(time).prefix(16).map { $0 == "T" ? " " : $0 })
    }
}
