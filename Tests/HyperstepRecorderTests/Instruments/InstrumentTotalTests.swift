import Synchronization
import TestRandom
import Testing

@testable import HyperstepRecorder

/// What a counter stands at, over more than the words of its sum can hold, and over resets.
@Suite("Totals of instruments")
struct InstrumentTotalTests {
    private static func take(_ recorder: Recorder, at time: Int64) {
        recorder.instruments.takeWindows(at: time, InstrumentCode.encode)
    }

    /// As many calls would that add to one word.
    private static func grow(_ series: InstrumentSeries, _ word: Int, by amount: Int64) {
        series.place.word(InstrumentWord.sum.lowerBound + word, stripe: 0).pointee.wrappingAdd(
            UInt64(bitPattern: amount), ordering: .relaxed)
    }

    @Test("Words that wrap do not change a total: not the lowest, nor those that carry", arguments: 0..<3)
    func wraps(word: Int) throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let series = try #require(recorder.instruments.series([1], at: 0))
            let amount = Int64(3) << 61
            var unit = Double(amount)
            for _ in word..<2 { unit *= 0x1p-32 }
            for turn in 1...9 as ClosedRange<Int64> {
                Self.grow(series, word, by: amount)
                series.add(whole: 1)
                Self.take(recorder, at: turn)
                let window = try #require(recorder.instrumentCodes.last)
                #expect(window.sum == unit + 1 && window.total == Double(turn) * (unit + 1))
            }
            series.reset()
            series.add(0.5)
            Self.take(recorder, at: 10)
            let last = try #require(recorder.instrumentCodes.last)
            #expect(last.total == 0.5 && last.sum == 0.5 - 9 * (unit + 1))
        }
    }

    @Test("Totals with carries are those of whole numbers", arguments: 0..<8)
    func carries(seed: UInt64) {
        var generator = Seeded(seed)
        var total = ExactSum.zero
        var exact: Int128 = 0
        for _ in 0..<2_000 {
            let grown = (0..<4).map { word in
                // The highest word of one is what the type of the test has room for.
                UInt64(bitPattern: Int64.random(in: .min ... .max, using: &generator) >> (word == 3 ? 44 : 0))
            }
            total = ExactSum.total(total, plus: grown)
            // Without what lies below the point; that carries into it.
            #expect(total.prefix(3).allSatisfy { $0 <= 0xFFFF_FFFF })
            exact += Int128(Int64(bitPattern: grown[3])) << 64 + Int128(Int64(bitPattern: grown[2])) << 32
            exact += Int128(Int64(bitPattern: grown[1]))
        }
        // In units of 2^-32: word 0 gives at most 2,000 · 2^31 of them.
        let found =
            Int128(Int64(bitPattern: total[3])) << 64 + Int128(total[2]) << 32 + Int128(total[1])
        #expect((found - exact).magnitude <= 2_000 << 32)
    }

    @Test("After more numbers in an interval than can be summed, sum and total are unknown, until a reset")
    func unknown() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let series = try #require(recorder.instruments.series([1], at: 0))
            series.add(whole: 2)
            series.place.word(InstrumentWord.calls, stripe: 1).pointee.wrappingAdd(
                1 << 31, ordering: .relaxed)
            Self.take(recorder, at: 1)
            series.add(whole: 3)
            Self.take(recorder, at: 2)
            series.reset()
            Self.take(recorder, at: 3)
            series.add(whole: 4)
            Self.take(recorder, at: 4)
            let windows = recorder.instrumentCodes
            #expect(windows.map(\.sum) == [nil, 3, nil, 4] && windows.map(\.total) == [nil, nil, 0, 4])
        }
    }

    @Test("A reset is a window of its own where it takes something back, and none where there is nothing")
    func resets() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let series = try #require(recorder.instruments.series([1], at: 0))
            series.reset()
            Self.take(recorder, at: 1)
            #expect(recorder.instrumentCodes.isEmpty)
            series.add(whole: 7)
            series.reset()
            series.reset()
            series.add(whole: 2)
            Self.take(recorder, at: 2)
            series.reset()
            Self.take(recorder, at: 3)
            series.reset()
            Self.take(recorder, at: 4)
            let windows = recorder.instrumentCodes
            #expect(windows.map(\.total) == [2, 0] && windows.map(\.sum) == [2, -2])
            #expect(windows.map(\.count) == [2, 0])
        }
    }

    @Test("Killed inside a reset, it did not take place; killed after it, it did", arguments: [false, true])
    func killed(isDone: Bool) throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let series = try #require(recorder.instruments.series([1], at: 0))
            series.add(whole: 1 << 40)
            Self.take(recorder, at: 1)
            series.add(whole: 1)
            if isDone {
                series.reset()
            } else {
                series.place.base(3, reset: 1).pointee.store(5, ordering: .relaxed)
            }
            recorder.close()
            let orphan = try #require(try directory.adopt(recorder.id).recorder)
            Self.take(orphan, at: 0)
            let windows = orphan.instrumentCodes
            let all = Double(1 << 40 + 1)
            #expect(windows.last?.total == (isDone ? 0 : all))
            #expect(windows.compactMap(\.sum).reduce(0, +) == (isDone ? 0 : all))
            orphan.close()
        }
    }
}
