import CHyperstepProto
import HyperstepHistogram

private typealias CHistogram = Hyperstep__V1__LatencyHistogram

extension LatencyHistogram {
    /// The C struct.
    func message(_ writer: MessageWriter) -> UnsafeMutablePointer<Hyperstep__V1__LatencyHistogram> {
        let message: UnsafeMutablePointer<CHistogram> = writer.make {
            hyperstep__v1__latency_histogram__init($0)
        }
        message.pointee.kind = Hyperstep__V1__LatencyHistogram__Kind(rawValue: kind.rawValue)
        message.pointee.n_bucket_delta = distribution.buckets.count
        message.pointee.bucket_delta = writer.build(count: distribution.buckets.count) {
            DeltaCoding.encode(distribution.buckets.map(UInt32.init), into: $0)
        }
        message.pointee.n_count = distribution.counts.count
        message.pointee.count = writer.copy(distribution.counts)
        return message
    }

    /// Reads the C struct, checking that its buckets are ascending and below the layout's count.
    init(_ message: borrowing Hyperstep__V1__LatencyHistogram, _ field: String) throws(WireError) {
        let deltas = UnsafeBufferPointer(start: message.bucket_delta, count: message.n_bucket_delta)
        let counts = MessageReader.array(message.count, message.n_count)
        try FieldRules.rows(counts.count, "\(field).count", deltas.count, of: "\(field).bucket_delta")
        let buckets = try Self.buckets(deltas, "\(field).bucket_delta")
        if let empty = counts.firstIndex(of: 0) {
            throw WireError(
                field: "\(field).count", reason: "expected 1 or more in each bucket, got 0 at place \(empty)")
        }
        guard let distribution = Histogram(buckets: buckets, counts: counts) else {
            throw WireError(
                field: field, reason: "expected ascending buckets with counts, got something else")
        }
        self.init(
            kind: Kind(rawValue: UInt32(truncatingIfNeeded: message.kind.rawValue)),
            distribution: distribution)
    }

    private static func buckets(
        _ deltas: UnsafeBufferPointer<UInt32>, _ field: String
    ) throws(WireError) -> [UInt16] {
        guard deltas.count <= LatencyBuckets.count else {
            throw WireError(
                field: field, reason: "expected at most \(LatencyBuckets.count) buckets, got \(deltas.count)")
        }
        var buckets: [UInt16] = []
        buckets.reserveCapacity(deltas.count)
        // At most 2,112 differences below 2^32 each: far from what an Int holds.
        var bucket = 0
        for (place, delta) in deltas.enumerated() {
            bucket += Int(delta)
            guard place == 0 || delta > 0 else {
                throw WireError(
                    field: field,
                    reason: "expected ascending buckets, got bucket \(bucket) twice")
            }
            guard bucket < LatencyBuckets.count else {
                throw WireError(
                    field: field, reason: "expected buckets below \(LatencyBuckets.count), got \(bucket)")
            }
            buckets.append(UInt16(bucket))
        }
        return buckets
    }

    /// Checks the kind and the number of what was counted.
    func check(_ field: String) throws(WireError) {
        guard (1...UInt32(Int16.max)).contains(kind.rawValue) else {
            throw WireError(
                field: "\(field).kind", reason: "expected 1 to \(Int16.max), got \(kind.rawValue)")
        }
        guard !distribution.isEmpty else {
            throw WireError(
                field: "\(field).bucket_delta",
                reason: "expected a bucket at least, since a kind that "
                    + "counted nothing is absent; got none")
        }
        // What is counted altogether stays at its largest value rather than wrap, which is too many.
        try FieldRules.count(distribution.count, "\(field).count")
    }
}
