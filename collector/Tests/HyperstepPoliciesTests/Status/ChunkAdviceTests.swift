import Testing

@testable import HyperstepPolicies

@Suite("Advice on chunk intervals")
struct ChunkAdviceTests {
    private let now = 1_800_000_000.0

    /// The newest of `count` complete chunks of one interval that end now, and the oldest, with the rows of a steady
    /// rate.
    private func loads(_ interval: PolicyDuration, rate: Double, count: Int) -> [ChunkLoad] {
        let width = Double(interval.seconds)
        return Set(Array(0..<min(count, 14)) + [count - 1]).sorted().map { index in
            let end = now - Double(index) * width
            return ChunkLoad(start: end - width, end: end, rows: rate * width)
        }
    }

    private func advice(_ interval: PolicyDuration, rate: Double, count: Int = 50_000) -> ChunkAdvice {
        ChunkAdvice(current: interval, loads: loads(interval, rate: rate, count: count), now: now)
    }

    @Test("Steps divide a day or are whole days, lie within the bounds, and none doubles more than once")
    func steps() {
        let steps = ChunkIntervalSteps.steps.map(\.seconds)
        #expect(steps.first == HypertablePolicy.ChunkInterval.shortestAuto.seconds)
        #expect(steps.last == HypertablePolicy.ChunkInterval.longestAuto.seconds)
        #expect(steps.allSatisfy { 86_400 % $0 == 0 || $0 % 86_400 == 0 })
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $0 < $1 && $1 <= 2 * $0 })
    }

    @Test("Whatever the rate, advice lies within the bounds, aims right, and once set leads to no other")
    func property() {
        var generator = SplitMix(seed: 4)
        for _ in 0..<5_000 {
            // 10 rows a day to 10 million a second.
            let rate = generator.logarithmic(1e-4...1e7)
            let current =
                Bool.random(using: &generator)
                ? ChunkIntervalSteps.steps.randomElement(using: &generator)!
                : PolicyDuration(seconds: Int64.random(in: 60...30 * 86_400, using: &generator))
            let first = advice(current, rate: rate)
            guard let interval = first.interval else { continue }
            #expect(
                interval >= HypertablePolicy.ChunkInterval.shortestAuto
                    && interval <= HypertablePolicy.ChunkInterval.longestAuto)
            #expect(interval != current)
            let expected = rate * Double(interval.seconds)
            let isAtBound =
                interval == HypertablePolicy.ChunkInterval.shortestAuto
                || interval == HypertablePolicy.ChunkInterval.longestAuto
            #expect(isAtBound || ChunkAdvice.goodRows.contains(expected), "\(rate) rows/s, \(current)")
            #expect(
                advice(interval, rate: rate).interval == nil, "\(rate) rows/s, \(current), then \(interval)")
            // Before there are chunks of the new interval it holds too.
            let unchanged = ChunkAdvice(
                current: interval, loads: loads(current, rate: rate, count: 50_000), now: now)
            #expect(unchanged.interval == nil)
        }
    }

    @Test("Rates that wander inside what is right lead to no advice")
    func hysteresis() {
        #expect(advice(.hours(1), rate: 100_100 / 3_600).verdict == .fits)
        #expect(advice(.hours(1), rate: 999_999 / 3_600).verdict == .fits)
        #expect(advice(.hours(1), rate: 99_000 / 3_600).interval == .hours(6))
        #expect(advice(.hours(1), rate: 1_010_000 / 3_600).interval == .minutes(30))
    }

    @Test("Known rates get what a person would choose")
    func examples() {
        #expect(advice(.days(1), rate: 100).interval == .hours(1))
        #expect(advice(.hours(1), rate: 1).interval == .days(6))
        #expect(advice(.minutes(5), rate: 0.001).interval == .days(7))
        #expect(advice(.days(7), rate: 1e6).interval == .minutes(5))
        #expect(advice(.minutes(5), rate: 1e6).verdict == .atBound)
        #expect(advice(.days(7), rate: 0.001).verdict == .atBound)
    }

    @Test("Without a complete chunk, with few of them, or with too short a history nothing longer is advised")
    func tooLittle() {
        let none = ChunkAdvice(current: .hours(1), loads: [], now: now)
        #expect(none.verdict == .tooLittleData("no chunk is complete yet"))
        #expect(none.rowsPerChunk == nil)
        let two = advice(.hours(1), rate: 0.001, count: 2)
        #expect(two.interval == nil && two.description.contains("too little data"))
        let short = advice(.hours(1), rate: 0.001, count: 10)
        #expect(short.verdict == .tooLittleData("7 days would do, once there are rows of 7 days"))
        #expect(advice(.hours(1), rate: 0.001, count: 168).interval == .days(7))
        #expect(advice(.hours(1), rate: 0.001, count: 167).interval == nil)
    }

    @Test("A chunk that is too large already shortens the interval before it is complete")
    func overfull() {
        let load = ChunkLoad(start: now - 3_600, end: now + 6 * 86_400, rows: 1_000_001)
        let advice = ChunkAdvice(current: .days(7), loads: [load], now: now)
        #expect(advice.interval == .minutes(30))
        let fine = ChunkLoad(start: now - 3_600, end: now + 6 * 86_400, rows: 999_999)
        #expect(ChunkAdvice(current: .days(7), loads: [fine], now: now).interval == nil)
    }

    @Test("Newer chunks weigh more than older ones")
    func recency() {
        let recent = loads(.hours(1), rate: 10, count: 6)
        let old = loads(.hours(1), rate: 1, count: 12).dropFirst(6).prefix(6)
        let rising = ChunkAdvice(current: .hours(1), loads: recent + old, now: now)
        #expect(rising.rowsPerChunk ?? 0 > 5.5 * 3_600)
    }

    @Test("Empty chunks, as late rows leave them, do not count")
    func empty() {
        var some = loads(.hours(1), rate: 100, count: 3)
        some.append(ChunkLoad(start: now - 86_400, end: now - 82_800, rows: 0))
        #expect(ChunkAdvice(current: .hours(1), loads: some, now: now).verdict == .fits)
    }
}
