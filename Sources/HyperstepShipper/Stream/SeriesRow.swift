import HyperstepHistogram
import HyperstepRecorder
import HyperstepWire

/// A window of an instrument as a slot of the recorder's ring holds it. Its series is named by number: what it is
/// called the recorder's file says once.
///
///     0    series u32, four bytes of flags (which of the doubles there are)
///     8    end i64, ns       16   length f64, ms     24   count u64    32  non-finite u64
///     40   sum, min, max, last f64                   72   buckets: each the difference to the one before
///                                                         (zigzag) and its count, as varints
struct SeriesRow: Equatable {
    var series = 0
    var time: Int64 = 0
    var durationMs = 0.0
    var count: UInt64 = 0
    var nonFiniteCount: UInt64 = 0
    /// Sum, min, max, last.
    var numbers: [Double?] = [nil, nil, nil, nil]
    var histogram = ValueHistogram()

    private static let headBytes = 72

    func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.append(UInt32(truncatingIfNeeded: series))
        writer.append(
            numbers.enumerated().reduce(UInt32(0)) { $0 | ($1.element == nil ? 0 : 1 << UInt32($1.offset)) })
        writer.append(UInt64(bitPattern: time))
        writer.append(durationMs.bitPattern)
        writer.append(count)
        writer.append(nonFiniteCount)
        for number in numbers { writer.append((number ?? 0).bitPattern) }
        var previous = 0
        for (bucket, count) in zip(histogram.buckets, histogram.counts) {
            let difference = Int(bucket) - previous
            previous = Int(bucket)
            writer.appendVarint(UInt64(bitPattern: Int64((difference << 1) ^ (difference >> 63))))
            writer.appendVarint(count)
        }
        return writer.bytes
    }

    init() {}

    /// - Throws: `WireError` where damage left something else than a row.
    init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        guard bytes.count >= Self.headBytes else { throw Self.damage("\(bytes.count) bytes") }
        func word(_ offset: Int) -> UInt64 {
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        series = Int(UInt32(truncatingIfNeeded: word(0)))
        let present = word(0) >> 32
        time = max(0, Int64(bitPattern: word(8)))
        durationMs = Double(bitPattern: word(16))
        (count, nonFiniteCount) = (word(24), word(32))
        numbers = (0..<4).map {
            present >> UInt64($0) & 1 == 1 ? Double(bitPattern: word(40 + 8 * $0)) : nil
        }
        guard durationMs > 0, durationMs.isFinite, count <= WireLimits.maxCount,
            nonFiniteCount <= WireLimits.maxCount
        else { throw Self.damage("numbers that no window has") }
        var reader = VarintReader(bytes: bytes, offset: Self.headBytes)
        var buckets: [Int16] = []
        var counts: [UInt64] = []
        var bucket: Int64 = 0
        while let zigzag = reader.next() {
            guard let count = reader.next() else { throw Self.damage("half a bucket") }
            bucket &+= Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1)
            buckets.append(Int16(clamping: bucket))
            counts.append(count)
        }
        guard reader.isAtEnd, let histogram = ValueHistogram(buckets: buckets, counts: counts),
            histogram.count <= WireLimits.maxCount
        else { throw Self.damage("buckets that are none") }
        self.histogram = histogram
    }

    private static func damage(_ found: String) -> WireError {
        WireError(field: "series_windows", reason: "expected a window of a series, got \(found)")
    }
}

extension SeriesRow {
    /// What a series gathered, as the ring of windows holds it. No bytes, which the reader takes for damage, where
    /// the series does not say what it is.
    static func bytes(of window: InstrumentWindow) -> [UInt8] {
        guard let series = try? window.identity.withUnsafeBytes({ try Series(decoding: $0) }) else {
            return []
        }
        var row = SeriesRow()
        row.series = window.series
        row.time = max(window.end, 0)
        // More than 0, as the contract asks. Wrapping: damage may have put any time there.
        row.durationMs = max(Double(window.end &- window.start) / 1_000_000, 0.001)
        row.count = min(window.count, WireLimits.maxCount)
        row.nonFiniteCount = min(window.nonFiniteCount, WireLimits.maxCount)
        let last: Double? =
            switch series.kind {
            case _ where !window.isWhole: nil
            case .counter: window.total
            case .gauge, .meter: window.value
            default: window.last
            }
        row.numbers = [window.sum, window.least.finite, window.most.finite, last]
        row.histogram = window.histogram.count <= WireLimits.maxCount ? window.histogram : ValueHistogram()
        return row.encoded()
    }
}

extension Double? {
    /// None where damage made it no number.
    fileprivate var finite: Double? { flatMap { $0.isFinite ? $0 : nil } }
}
