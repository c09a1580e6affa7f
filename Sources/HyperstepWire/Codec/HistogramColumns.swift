import CHyperstepProto
import HyperstepHistogram

/// The histograms of all rows of a batch of series windows as three columns: how many buckets each row has, and then
/// bucket by bucket, row after row, its number as the difference to the row's one before, and what it counted.
struct HistogramColumns {
    private var lengths: [UInt32] = []
    private var deltas: [Int32] = []
    private var hits: [UInt64] = []

    /// The columns of one histogram for each row.
    init(_ histograms: [ValueHistogram]) {
        guard histograms.contains(where: { !$0.isEmpty }) else { return }
        for histogram in histograms {
            lengths.append(UInt32(histogram.buckets.count))
            var previous: Int32 = 0
            for bucket in histogram.buckets {
                deltas.append(Int32(bucket) - previous)
                previous = Int32(bucket)
            }
            hits += histogram.counts
        }
    }

    /// Reads the columns of the C struct as they are.
    init(_ message: borrowing Hyperstep__V1__SeriesWindows) {
        lengths = MessageReader.array(message.bucket_count, message.n_bucket_count)
        deltas = MessageReader.array(message.bucket_delta, message.n_bucket_delta)
        hits = MessageReader.array(message.bucket_hits, message.n_bucket_hits)
    }

    func write(to message: UnsafeMutablePointer<Hyperstep__V1__SeriesWindows>, _ writer: MessageWriter) {
        message.pointee.n_bucket_count = lengths.count
        message.pointee.bucket_count = writer.copy(lengths)
        message.pointee.n_bucket_delta = deltas.count
        message.pointee.bucket_delta = writer.copy(deltas)
        message.pointee.n_bucket_hits = hits.count
        message.pointee.bucket_hits = writer.copy(hits)
    }

    /// One histogram for each row, checking that the columns fit each other and that buckets are ascending and in
    /// the layout.
    func histograms(rows: Int) throws(WireError) -> [ValueHistogram] {
        if lengths.isEmpty, deltas.isEmpty, hits.isEmpty {
            return Array(repeating: ValueHistogram(), count: rows)
        }
        try FieldRules.rows(lengths.count, "series_windows.bucket_count", rows, of: "series_windows.time")
        try FieldRules.rows(
            hits.count, "series_windows.bucket_hits", deltas.count, of: "series_windows.bucket_delta")
        var histograms: [ValueHistogram] = []
        histograms.reserveCapacity(rows)
        var place = 0
        for length in lengths {
            guard length <= deltas.count - place else {
                throw WireError(
                    field: "series_windows.bucket_count",
                    reason: "expected as many buckets as bucket_delta has (\(deltas.count)), got more")
            }
            histograms.append(try histogram(place..<place + Int(length)))
            place += Int(length)
        }
        guard place == deltas.count else {
            throw WireError(
                field: "series_windows.bucket_count",
                reason: "expected as many buckets as bucket_delta has (\(deltas.count)), got \(place)")
        }
        return histograms
    }

    private func histogram(_ places: Range<Int>) throws(WireError) -> ValueHistogram {
        var buckets: [Int16] = []
        buckets.reserveCapacity(places.count)
        // Each bucket is checked to be in the layout, so that none of these sums comes near what an Int holds.
        var bucket = 0
        for place in places {
            bucket += Int(deltas[place])
            guard let last = buckets.last else {
                buckets.append(try checked(bucket))
                continue
            }
            guard bucket > last else {
                throw WireError(
                    field: "series_windows.bucket_delta",
                    reason: "expected ascending buckets, got \(bucket) after \(last)")
            }
            buckets.append(try checked(bucket))
        }
        guard let histogram = ValueHistogram(buckets: buckets, counts: Array(hits[places])) else {
            throw WireError(
                field: "series_windows.bucket_hits", reason: "expected 1 or more in each bucket, got 0")
        }
        return histogram
    }

    private func checked(_ bucket: Int) throws(WireError) -> Int16 {
        let highest = Int(ValueBuckets.highest)
        guard (-highest...highest).contains(bucket) else {
            throw WireError(
                field: "series_windows.bucket_delta",
                reason: "expected buckets from \(-highest) to \(highest), got \(bucket)")
        }
        return Int16(bucket)
    }
}
