import CHyperstepProto
import HyperstepHistogram

private typealias CWindows = Hyperstep__V1__SeriesWindows

extension SeriesWindows {
    /// The C struct of values that `check` has passed.
    func message(_ writer: MessageWriter) -> UnsafeMutablePointer<Hyperstep__V1__SeriesWindows> {
        let message: UnsafeMutablePointer<CWindows> = writer.make { hyperstep__v1__series_windows__init($0) }
        message.pointee.instance_id = writer.data(instanceID)
        if let runID { message.pointee.run_id = writer.data(runID) }
        message.pointee.service = writer.string(service)
        message.pointee.n_series = series.count
        message.pointee.series = writer.copy(series.map { Optional($0.message(writer)) })
        message.pointee.n_time = count
        message.pointee.time = writer.copy(times)
        message.pointee.n_series_index = count
        message.pointee.series_index = writer.copy(seriesIndexes)
        message.pointee.n_duration_ms = count
        message.pointee.duration_ms = writer.copy(durationsMs)
        message.pointee.n_count = count
        message.pointee.count = writer.copy(counts)
        if nonFiniteCounts.contains(where: { $0 != 0 }) {
            message.pointee.n_non_finite_count = count
            message.pointee.non_finite_count = writer.copy(nonFiniteCounts)
        }
        message.pointee.sum = sum.message(writer)
        message.pointee.min = min.message(writer)
        message.pointee.max = max.message(writer)
        message.pointee.last = last.message(writer)
        HistogramColumns(histograms).write(to: message, writer)
        return message
    }

    /// Reads the C struct; what its values have to be, `check` says.
    init(_ message: borrowing Hyperstep__V1__SeriesWindows) throws(WireError) {
        self.init(
            instanceID: try MessageReader.uuid(message.instance_id, "series_windows.instance_id"),
            runID: message.run_id.len > 0
                ? try MessageReader.uuid(message.run_id, "series_windows.run_id") : nil,
            service: try MessageReader.text(
                message.service, "series_windows.service", length: 0...WireLimits.maxNameBytes))
        series = try MessageReader.messages(
            message.series, message.n_series, "series_windows.series", atMost: WireLimits.maxSeries
        ) { series, field throws(WireError) in try Series(series, field) }
        let rows = message.n_time
        times = MessageReader.array(message.time, rows)
        seriesIndexes = MessageReader.array(message.series_index, message.n_series_index)
        durationsMs = MessageReader.array(message.duration_ms, message.n_duration_ms)
        counts = MessageReader.array(message.count, message.n_count)
        nonFiniteCounts =
            message.n_non_finite_count == 0
            ? Array(repeating: 0, count: rows)
            : MessageReader.array(message.non_finite_count, message.n_non_finite_count)
        sum = try DoubleColumn(message.sum, "series_windows.sum", rows: rows)
        min = try DoubleColumn(message.min, "series_windows.min", rows: rows)
        max = try DoubleColumn(message.max, "series_windows.max", rows: rows)
        last = try DoubleColumn(message.last, "series_windows.last", rows: rows)
        histograms = try HistogramColumns(message).histograms(rows: rows)
    }

    /// Checks every length and range.
    func check() throws(WireError) {
        try FieldRules.text(service, "series_windows.service", length: 0...WireLimits.maxNameBytes)
        try checkSeries()
        try FieldRules.times(times, "series_windows.time")
        for (name, length) in [
            ("series_index", seriesIndexes.count), ("duration_ms", durationsMs.count),
            ("count", counts.count), ("non_finite_count", nonFiniteCounts.count),
            ("bucket_count", histograms.count),
        ] {
            try FieldRules.rows(length, "series_windows.\(name)", count, of: "series_windows.time")
        }
        try FieldRules.places(
            seriesIndexes, "series_windows.series_index", in: "series_windows.series", of: series.count)
        guard durationsMs.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw WireError(
                field: "series_windows.duration_ms", reason: "expected milliseconds, finite and more than 0")
        }
        for (name, values) in [("count", counts), ("non_finite_count", nonFiniteCounts)] {
            if let most = values.max() { try FieldRules.count(most, "series_windows.\(name)") }
        }
        for (name, column) in [("sum", sum), ("min", min), ("max", max), ("last", last)] {
            try column.check("series_windows.\(name)", rows: count)
        }
        // What a row counted altogether stays at its largest value rather than wrap, which is too many.
        for histogram in histograms { try FieldRules.count(histogram.count, "series_windows.bucket_hits") }
        // Difference and count take a byte each at least.
        try FieldRules.size(
            histograms.reduce(0) { $0 + 2 * $1.buckets.count }, "series_windows.bucket_count")
    }

    private func checkSeries() throws(WireError) {
        let field = "series_windows.series"
        try FieldRules.length(series.count, field, atMost: WireLimits.maxSeries)
        var seen: Set<[UInt8]> = []
        for (index, series) in series.enumerated() {
            try series.check("\(field)[\(index)]")
            guard seen.insert(series.bytes).inserted else {
                throw WireError(
                    field: "\(field)[\(index)]", reason: "expected each series once, got it again")
            }
        }
    }
}

extension Series {
    /// What tells it from others, byte by byte: two spellings that Swift holds equal are two in the database.
    fileprivate var bytes: [UInt8] {
        var bytes = Array("\(kind.rawValue)".utf8)
        for text in [name, unit] + dimensions.flatMap({ [$0.key, $0.value] }) {
            // Text has no such byte: nothing can look like its end.
            bytes.append(0xFF)
            bytes += text.utf8
        }
        return bytes
    }
}
