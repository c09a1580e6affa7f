import HyperstepHistogram
import TestRandom
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Buckets of any numbers are what the contract says")
struct ValueBucketsTests {
    /// Numbers of all sizes and both signs, and some that are on bounds.
    static func values(_ count: Int, seed: UInt64) -> [Double] {
        var generator = Seeded(seed)
        return (0..<count).map { index in
            let value: Double =
                switch index % 4 {
                case 0: Double(bitPattern: generator.next())
                case 1:
                    scalbn(
                        Double.random(in: 1..<2, using: &generator),
                        Int.random(in: -70...70, using: &generator))
                case 2: ValueBuckets.innerBound(Int16.random(in: 1...8_192, using: &generator)).nextDown
                default: Double(Int.random(in: -1_000...1_000, using: &generator))
                }
            return Bool.random(using: &generator) ? value : -value
        }
    }

    /// By the words of the contract, with logarithms and division rather than bits.
    static func byFormula(_ value: Double) -> Int? {
        guard value.isFinite else { return nil }
        let size = abs(value)
        if size < scalbn(1, -64) { return 0 }
        let power = min(Int(size.exponent), 63)
        let part = min(Int(min(floor(64 * scalbn(size, -power)), 128)) - 64, 63)
        let bucket = (power + 64) * 64 + part + 1
        return value < 0 ? -bucket : bucket
    }

    @Test("The layout is the formula of the contract, which never changes")
    func formula() {
        #expect(ValueBuckets.highest == 8_192)
        for value in Self.values(200_000, seed: 3) {
            let bucket = ValueBuckets.bucket(of: value).map(Int.init)
            guard bucket == Self.byFormula(value) else {
                Issue.record("\(value) is in bucket \(bucket ?? 99_999)")
                return
            }
        }
    }

    @Test("A bucket's midpoint is within 1/128 of what it counts, from 2^-64 to 2^64")
    func error() throws {
        for value in Self.values(200_000, seed: 4) {
            guard value.isFinite, value.magnitude >= scalbn(1, -64), value.magnitude < scalbn(1, 64) else {
                continue
            }
            let bucket = try #require(ValueBuckets.bucket(of: value))
            guard abs(ValueBuckets.midpoint(bucket) - value) <= value.magnitude / 128 else {
                Issue.record("\(value) is told as \(ValueBuckets.midpoint(bucket))")
                return
            }
        }
    }

    @Test("Every bucket counts its own bound and midpoint, and buckets ascend with numbers")
    func bounds() {
        for bucket in -ValueBuckets.highest...ValueBuckets.highest {
            #expect(ValueBuckets.bucket(of: ValueBuckets.midpoint(bucket)) == bucket)
            #expect(ValueBuckets.bucket(of: ValueBuckets.innerBound(bucket)) == bucket)
        }
        let ascending = Self.values(20_000, seed: 5).filter(\.isFinite).sorted()
        let buckets = ascending.compactMap(ValueBuckets.bucket)
        #expect(buckets == buckets.sorted())
    }

    @Test("Zeros, what is all but zero, and what is too large are in the buckets for them")
    func edges() {
        for zero in [0, -0.0, .leastNonzeroMagnitude, -.leastNormalMagnitude, 1e-30] {
            #expect(ValueBuckets.bucket(of: zero) == 0)
        }
        #expect(ValueBuckets.bucket(of: .greatestFiniteMagnitude) == 8_192)
        #expect(ValueBuckets.bucket(of: -1e300) == -8_192)
        for none in [Double.nan, .signalingNaN, .infinity, -.infinity] {
            #expect(ValueBuckets.bucket(of: none) == nil)
        }
        #expect(ValueBuckets.bucket(of: 0.93) == 4_088)
        #expect(ValueBuckets.midpoint(4_088) == 0.93359375)
    }

    @Test("Histograms of parts merged are the histogram of the whole, and percentiles are within 1 %")
    func histograms() throws {
        var generator = Seeded(6)
        for _ in 0..<50 {
            let values = (0..<Int.random(in: 1...2_000, using: &generator)).map { _ in
                scalbn(
                    Double.random(in: -2...2, using: &generator), Int.random(in: -20...20, using: &generator))
            }
            let cut = Int.random(in: 0...values.count, using: &generator)
            var merged = ValueHistogram(values: values[..<cut])
            merged.merge(ValueHistogram(values: values[cut...]))
            #expect(merged == ValueHistogram(values: values))
            #expect(merged.count == UInt64(values.count))
            #expect(ValueHistogram(buckets: merged.buckets, counts: merged.counts) == merged)
            let sorted = values.sorted()
            for p in [0, 0.5, 0.9, 0.99, 1] {
                let exact = sorted[max(1, Int((p * Double(values.count)).rounded(.up))) - 1]
                let told = try #require(merged.percentile(p))
                #expect(abs(told - exact) <= 0.01 * abs(exact), "p \(p) of \(values.count)")
            }
        }
    }

    @Test("Only ascending buckets of the layout with counts other than 0 make a histogram")
    func validation() {
        #expect(ValueHistogram(buckets: [-8_192, 0, 8_192], counts: [1, 2, .max])?.count == .max)
        #expect(ValueHistogram(buckets: [8_193], counts: [1]) == nil)
        #expect(ValueHistogram(buckets: [-8_193], counts: [1]) == nil)
        #expect(ValueHistogram(buckets: [1, 1], counts: [1, 1]) == nil)
        #expect(ValueHistogram(buckets: [1], counts: [0]) == nil)
        #expect(ValueHistogram(buckets: [1], counts: []) == nil)
        #expect(ValueHistogram().percentile(0.5) == nil)
        #expect(ValueHistogram(values: [.nan, .infinity]).isEmpty)
    }
}
