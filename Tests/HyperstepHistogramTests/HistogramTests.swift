import HyperstepHistogram
import TestRandom
import Testing

@Suite("Histograms give percentiles and add up")
struct HistogramTests {
    @Test(
        "A percentile is within 1 % of the exact one by nearest rank, whatever the distribution",
        arguments: Distribution.allCases, 0..<20 as Range<UInt64>)
    func percentiles(distribution: Distribution, seed: UInt64) throws {
        var generator = Seeded(seed)
        let count = Int.random(in: 1...5_000, using: &generator)
        let samples = distribution.samples(count, &generator).sorted()
        let histogram = Histogram(nanoseconds: samples)
        #expect(histogram.count == UInt64(count))
        for p in [0, 0.001, 0.5, 0.9, 0.99, 0.999, 1, Double.random(in: 0...1, using: &generator)] {
            let rank = max(1, Int((p * Double(count)).rounded(.up)))
            let exact = Double(samples[rank - 1]) / 1_000_000
            let approximate = try #require(histogram.percentile(p))
            #expect(abs(approximate - exact) <= 0.01 * exact, "p \(p) of \(count)")
        }
    }

    @Test("Parts merged are the histogram of the union", arguments: 0..<50 as Range<UInt64>)
    func merge(seed: UInt64) {
        var generator = Seeded(seed)
        var (all, merged) = ([UInt64](), Histogram())
        for _ in 0..<Int.random(in: 0...6, using: &generator) {
            let distribution = Distribution.allCases.randomElement(using: &generator) ?? .uniform
            let part = distribution.samples(Int.random(in: 0...300, using: &generator), &generator)
            all += part
            merged.merge(Histogram(nanoseconds: part))
        }
        #expect(merged == Histogram(nanoseconds: all))
        #expect(merged.count == UInt64(all.count))
        #expect(Histogram(buckets: merged.buckets, counts: merged.counts) == merged)
    }

    @Test("Ranks are counted from the smallest, without interpolation")
    func ranks() {
        let (low, high) = (Histogram(nanoseconds: [1_000_000]), Histogram(nanoseconds: [2_000_000]))
        var both = low
        both.merge(high)
        #expect(both.percentile(0) == low.percentile(1))
        #expect(both.percentile(0.5) == low.percentile(1))
        #expect(both.percentile(0.51) == high.percentile(1))
        #expect(both.percentile(1) == high.percentile(1))
    }

    @Test("Nothing counted, or no share between 0 and 1, has no percentile")
    func none() {
        #expect(Histogram().percentile(0.5) == nil)
        #expect(Histogram().isEmpty && Histogram().count == 0)
        let one = Histogram(nanoseconds: [1_000])
        for p in [-0.1, 1.1, .nan, .infinity] { #expect(one.percentile(p) == nil) }
    }

    @Test("Only ascending buckets of the layout with counts other than 0 make a histogram")
    func validation() {
        #expect(Histogram(buckets: [], counts: []) == Histogram())
        #expect(Histogram(buckets: [3, 2_111], counts: [1, .max])?.buckets == [3, 2_111])
        #expect(Histogram(buckets: [3, 2_112], counts: [1, 1]) == nil)
        #expect(Histogram(buckets: [3, 3], counts: [1, 1]) == nil)
        #expect(Histogram(buckets: [4, 3], counts: [1, 1]) == nil)
        #expect(Histogram(buckets: [3], counts: [0]) == nil)
        #expect(Histogram(buckets: [3], counts: [1, 1]) == nil)
    }

    @Test("Dense counts and their sparse form are the same")
    func dense() {
        var counts = [UInt64](repeating: 0, count: LatencyBuckets.count)
        (counts[0], counts[2_111]) = (7, 9)
        #expect(Histogram(dense: counts) == Histogram(buckets: [0, 2_111], counts: [7, 9]))
        #expect(Histogram(dense: []) == Histogram())
    }

    @Test("Counts stay at their largest value rather than wrap")
    func saturation() throws {
        var most = try #require(Histogram(buckets: [1, 5], counts: [.max, .max]))
        #expect(most.count == .max)
        #expect(most.percentile(1) != nil && most.percentile(0.5) != nil)
        most.merge(most)
        #expect(most.counts == [.max, .max])
    }
}
