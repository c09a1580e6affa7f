import HyperstepHistogram
import TestRandom
import Testing

@Suite("The buckets' layout is what the contract says")
struct LatencyBucketsTests {
    @Test("The layout is the formula of docs/wire.md, which never changes")
    func formula() {
        #expect(LatencyBuckets.count == 2_112)
        var generator = Seeded(1)
        for _ in 0..<100_000 {
            let duration = generator.next() >> UInt64.random(in: 0..<64, using: &generator)
            let value = min(max(duration, 512), (1 << 42) - 1)
            let exponent: Int = (9...41).last(where: { value >> UInt64($0) > 0 }) ?? 9
            let shift = UInt64(exponent - 6)
            let sub = (value >> shift) & 63
            let index = (exponent - 9) * 64 + Int(sub)
            guard LatencyBuckets.index(nanoseconds: duration) == index,
                LatencyBuckets.lowerBound(index) == (64 + sub) << shift,
                LatencyBuckets.upperBound(index) == (65 + sub) << shift
            else {
                Issue.record("\(duration) ns are not in bucket \(index)")
                return
            }
        }
    }

    @Test("A bucket holds the durations from its lower bound to before its upper bound, the next one's lower")
    func bounds() {
        #expect(LatencyBuckets.lowerBound(0) == 512)
        #expect(LatencyBuckets.upperBound(LatencyBuckets.count - 1) == 1 << 42)
        for index in 0..<LatencyBuckets.count {
            let (lower, upper) = (LatencyBuckets.lowerBound(index), LatencyBuckets.upperBound(index))
            let middle = LatencyBuckets.midpoint(index)
            #expect(lower < middle && middle < upper && middle - lower == upper - middle)
            for duration in [lower, middle, upper - 1] {
                #expect(LatencyBuckets.index(nanoseconds: duration) == index)
            }
            if index + 1 < LatencyBuckets.count {
                #expect(LatencyBuckets.lowerBound(index + 1) == upper)
            }
            #expect((middle - lower) * 128 <= lower, "a midpoint is within 1/128 of its bucket's durations")
        }
    }

    @Test("What is too short counts in the first bucket, what is too long in the last")
    func ends() {
        for short: UInt64 in [0, 1, 511, 512] { #expect(LatencyBuckets.index(nanoseconds: short) == 0) }
        for long: UInt64 in [1 << 42 - 1, 1 << 42, 1 << 63, .max] {
            #expect(LatencyBuckets.index(nanoseconds: long) == LatencyBuckets.count - 1)
        }
    }

    @Test("A longer duration is never in a lower bucket")
    func monotone() {
        var generator = Seeded(2)
        for _ in 0..<100_000 {
            let one = generator.next() >> UInt64.random(in: 0..<64, using: &generator)
            let other = generator.next() >> UInt64.random(in: 0..<64, using: &generator)
            let indexes = [min(one, other), max(one, other)].map { LatencyBuckets.index(nanoseconds: $0) }
            guard indexes[0] <= indexes[1] else {
                Issue.record("\(min(one, other)) ns are in a higher bucket than \(max(one, other)) ns")
                return
            }
        }
    }
}
