import HyperstepHistogram
import Synchronization
import Testing

@testable import HyperstepRecorder

@Suite("Instruments and their windows")
struct InstrumentsTests {
    private static func take(_ recorder: Recorder, at time: Int64) -> WindowTaking {
        recorder.instruments.takeWindows(at: time, InstrumentCode.encode)
    }

    @Test("A window has what was recorded since the one before, and when")
    func windows() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let series = try #require(recorder.instruments.series([7], at: 100))
            for value in [3.5, -2, 0, 1e300] { series.observe(value) }
            series.observe(whole: 40)
            series.observe(.nan)
            #expect(Self.take(recorder, at: 200) == WindowTaking(published: 1))
            #expect(Self.take(recorder, at: 300) == WindowTaking())
            series.observe(8)
            #expect(Self.take(recorder, at: 400) == WindowTaking(published: 1))
            let windows = recorder.instrumentCodes
            try #require(windows.count == 2)
            #expect(windows[0].start == 100 && windows[0].end == 200)
            #expect(windows[0].count == 5 && windows[0].nonFinite == 1)
            #expect(windows[0].sum == 41.5 + 0x1.fffffffffffffp63)
            #expect(windows[0].least == -2 && windows[0].most == 1e300 && windows[0].last?.isNaN == true)
            let buckets = [3.5, -2, 0, 1e300, 40].map { ValueBuckets.bucket(of: $0)! }
            #expect(windows[0].buckets == Dictionary(uniqueKeysWithValues: buckets.map { ($0, 1) }))
            #expect(windows[1].start == 200 && windows[1].end == 400 && windows[1].count == 1)
            #expect(windows[1].least == 8 && windows[1].most == 8 && windows[1].last == 8)
            #expect(windows[1].sum == 8 && windows[1].nonFinite == 0)
        }
    }

    @Test("What a counter stands at lasts; what it grew by is of its window; a reset takes back")
    func counters() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let series = try #require(recorder.instruments.series([1], at: 0))
            for _ in 0..<3 { series.add(whole: .max) }
            series.add(0.25)
            _ = Self.take(recorder, at: 1)
            series.reset()
            series.add(whole: 5)
            _ = Self.take(recorder, at: 2)
            series.add(whole: 2)
            _ = Self.take(recorder, at: 3)
            let windows = recorder.instrumentCodes
            let most = 3 * Double(Int64.max) + 0.25
            #expect(windows.map(\.total) == [most, 5, 7])
            #expect(windows.map(\.sum) == [most, 5 - most, 2])
            #expect(windows.map(\.count) == [4, 1, 1])
            #expect(windows.allSatisfy { $0.buckets.isEmpty })
        }
    }

    @Test("A gauge is set, a meter is moved, and windows say where they stand")
    func values() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let series = try #require(recorder.instruments.series([1], at: 0))
            series.set(10)
            series.move(by: 2.5)
            series.move(by: -20)
            _ = Self.take(recorder, at: 1)
            series.move(by: 1)
            _ = Self.take(recorder, at: 2)
            series.set(.infinity)
            _ = Self.take(recorder, at: 3)
            let windows = recorder.instrumentCodes
            #expect(windows.map(\.value) == [-7.5, -6.5, .infinity])
            #expect(windows.map(\.count) == [3, 1, 0] && windows.map(\.nonFinite) == [0, 0, 1])
            #expect(windows[0].least == -7.5 && windows[0].most == 12.5 && windows[0].last == -7.5)
            #expect(windows[2].least == nil && windows[2].sum == nil && windows[2].last == .infinity)
        }
    }

    @Test("One identity has one series; beyond the capacity there is none")
    func registration() throws {
        try withDirectory { directory in
            let instruments = try directory.create(.instruments).instruments
            let first = try #require(instruments.series([1], at: 0))
            #expect(instruments.series([1], at: 5) === first)
            let long = [UInt8](repeating: 2, count: 1_528)
            #expect(instruments.series(long, at: 0)?.number == 1)
            #expect(instruments.series([3], at: 0) == nil && instruments.count == 2)
            #expect(instruments.series([], at: 0) == nil && instruments.series(long + [2], at: 0) == nil)
            #expect(instruments.identity(of: 1) == long && instruments.identity(of: 2) == nil)
        }
    }

    @Test("A window that no slot can hold is taken in parts, of which one has all but buckets")
    func parts() throws {
        try withDirectory { directory in
            var configuration = RecorderConfiguration.instruments
            configuration.instrumentCapacity = 8
            let recorder = try directory.create(configuration)
            let series = try #require(recorder.instruments.series([1], at: 0))
            let numbers: [Double] =
                (0..<512).map { 1 + Double($0) * 3 } + (0..<100).map { -1 - Double($0) }
            for number in numbers { series.observe(number) }
            #expect(Self.take(recorder, at: 9) == WindowTaking(published: 1))
            let windows = recorder.instrumentCodes
            #expect(windows.count > 2 && windows.allSatisfy { $0.start == 0 && $0.end == 9 })
            #expect(windows.dropFirst().allSatisfy { $0.sum == nil && $0.least == nil && $0.last == nil })
            #expect(windows.allSatisfy { $0.count == $0.buckets.values.reduce(0, +) })
            let sum = InstrumentSum(of: 0, in: windows)
            #expect(sum.count == UInt64(numbers.count) && sum.sum == numbers.reduce(0, +))
            #expect(sum.least == -100 && sum.most == numbers[511])
            #expect(Self.take(recorder, at: 10) == WindowTaking())
        }
    }

    @Test("Where all blocks are taken numbers have no bucket, and all else of them is counted")
    func blocks() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let all = try [[UInt8(1)], [2]].map { try #require(recorder.instruments.series($0, at: 0)) }
            for exponent in 0..<8 { all[exponent & 1].observe(Double(1 << exponent)) }
            // All are taken, and every number has its bucket.
            #expect(!recorder.instruments.lacksBlocks)
            for exponent in 8..<12 { all[exponent & 1].observe(Double(1 << exponent)) }
            #expect(recorder.instruments.lacksBlocks)
            _ = Self.take(recorder, at: 1)
            let windows = recorder.instrumentCodes
            #expect(windows.map(\.count) == [6, 6])
            #expect(windows.map { $0.buckets.values.reduce(0, +) } == [4, 4])
            #expect(windows.compactMap(\.sum).reduce(0, +) == 4_095)
        }
    }

    @Test("A series that has all blocks that one may have says so, though others are left")
    func blocksOfOne() throws {
        try withDirectory { directory in
            var configuration = RecorderConfiguration.instruments
            configuration.instrumentCapacity = 32
            let recorder = try directory.create(configuration)
            let series = try #require(recorder.instruments.series([1], at: 0))
            for exponent in 0..<64 { series.observe(Double(sign: .plus, exponent: exponent, significand: 1)) }
            #expect(!recorder.instruments.lacksBlocks)
            series.observe(-1)
            #expect(recorder.instruments.lacksBlocks)
        }
    }

    @Test("While the ring is full counts stay, and the next taking that finds room has them all")
    func full() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let series = try #require(recorder.instruments.series([1], at: 0))
            for number in 1...134 {
                series.observe(Double(number))
                let taking = Self.take(recorder, at: Int64(number))
                #expect(taking == (number <= 128 ? WindowTaking(published: 1) : WindowTaking(waiting: 1)))
            }
            recorder.seriesWindows.release(upTo: 1)
            #expect(Self.take(recorder, at: 144).published == 1)
            let last = try #require(recorder.instrumentCodes.last)
            #expect(last.count == 6 && last.start == 128 && last.end == 144)
            #expect(last.least == 129 && last.most == 134 && last.sum == 789)
        }
    }

    @Test("The end: calls after it are refused and counted; the last window has all before it")
    func sealing() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let series = try #require(recorder.instruments.series([1], at: 0))
            #expect(series.observe(1))
            recorder.seal()
            #expect(!recorder.isSealed)
            #expect(!series.observe(1) && !series.observe(whole: 1) && !series.add(1))
            #expect(!series.add(whole: 1) && !series.set(1) && !series.move(by: 1))
            series.reset()
            #expect(recorder.instruments.dropped == 6)
            #expect(throws: RecorderError.self) { try recorder.remove() }
            #expect(Self.take(recorder, at: 1).published == 1)
            #expect(recorder.isSealed && !recorder.isDrained)
            #expect(recorder.instrumentCodes.map(\.sum) == [1])
            #expect(recorder.instrumentCodes.map(\.value) == [0], "a call that is refused changes nothing")
            recorder.seriesWindows.release(upTo: 1)
            try recorder.remove()
        }
    }

    @Test("What a writer notes late, in the bank of an interval that has ended, is in the next window")
    func late() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let series = try #require(recorder.instruments.series([1], at: 0))
            series.observe(5)
            let bank = InstrumentWord.bank(series.place.epoch.pointee.load(ordering: .relaxed))
            _ = Self.take(recorder, at: 1)
            // As a thread would that was held up after it had read the epoch.
            for (word, number) in [9.0, -1, 9].enumerated() {
                series.place.word(bank + word, stripe: 2).pointee.store(
                    OrderedBits.of(number), ordering: .relaxed)
            }
            series.observe(4)
            _ = Self.take(recorder, at: 2)
            series.observe(6)
            _ = Self.take(recorder, at: 3)
            #expect(recorder.instrumentCodes.map(\.most) == [5, 9, 6])
            #expect(recorder.instrumentCodes.map(\.least) == [5, 1, 6])
        }
    }

    @Test(
        "Of a call that has noted its number and not counted it there is neither least nor most, until it has"
    )
    func uncounted() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let series = try #require(recorder.instruments.series([1], at: 0))
            series.observe(.nan)
            let bank = InstrumentWord.bank(series.place.epoch.pointee.load(ordering: .relaxed))
            series.place.word(bank, stripe: 1).pointee.store(OrderedBits.of(9), ordering: .relaxed)
            _ = Self.take(recorder, at: 1)
            series.observe(4)
            _ = Self.take(recorder, at: 2)
            let windows = recorder.instrumentCodes
            #expect(windows.map(\.count) == [0, 1] && windows.map(\.nonFinite) == [1, 0])
            #expect(windows.map(\.least) == [nil, 4] && windows.map(\.most) == [nil, 9])
        }
    }

    @Test(
        "Where only one of two calls at the end of an interval has noted all, there is no least above the most"
    )
    func halfNoted() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let series = try #require(recorder.instruments.series([1], at: 0))
            let bank = InstrumentWord.bank(series.place.epoch.pointee.load(ordering: .relaxed))
            series.observe(4)
            // As if its note had gone with the window before, and another call had noted its most and no least.
            for word in 0..<2 {
                series.place.word(bank + word, stripe: 0).pointee.store(0, ordering: .relaxed)
            }
            for stripe in 1..<StripePicker.stripes {
                for word in 0..<2 {
                    series.place.word(bank + word, stripe: stripe).pointee.store(0, ordering: .relaxed)
                }
            }
            series.place.word(bank, stripe: 1).pointee.store(OrderedBits.of(9), ordering: .relaxed)
            _ = Self.take(recorder, at: 1)
            let window = try #require(recorder.instrumentCodes.first)
            #expect(window.count == 1 && window.least == nil && window.most == nil)
        }
    }

    @Test("Of a window in parts none is empty")
    func emptyParts() throws {
        try withDirectory { directory in
            var configuration = RecorderConfiguration.instruments
            configuration.instrumentCapacity = 8
            let recorder = try directory.create(configuration)
            let series = try #require(recorder.instruments.series([1], at: 0))
            for exponent in 0..<16 { series.observe(Double(1 << exponent)) }
            _ = Self.take(recorder, at: 1)
            let before = recorder.instrumentCodes.count
            // Of the lower powers of two as many as need parts, of the others none.
            for number in 1..<512 { series.observe(Double(number)) }
            _ = Self.take(recorder, at: 2)
            let windows = recorder.instrumentCodes[before...]
            #expect(windows.count > 1 && windows.allSatisfy { $0.count > 0 })
            #expect(windows.reduce(0) { $0 + $1.count } == 511)
        }
    }

    @Test(
        "An orphan's last window ends when its program was last known to live, and is the next adopter's too")
    func orphan() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let series = try #require(recorder.instruments.series([1], at: 0))
            series.observe(3)
            _ = Self.take(recorder, at: 5)
            series.observe(7)
            series.observe(.nan)
            recorder.instruments.touch(at: 7_000_000_000)
            recorder.close()
            #expect(Self.take(recorder, at: 6) == WindowTaking())
            let orphan = try #require(try directory.adopt(recorder.id).recorder)
            #expect(orphan.instruments.series([1], at: 0) == nil)
            #expect(Self.take(orphan, at: 0).published == 1 && orphan.isSealed)
            let windows = orphan.instrumentCodes
            #expect(windows.map(\.end) == [5, 7_000_000_000] && windows[1].count == 1)
            #expect(windows[1].least == 7 && windows[1].last?.isNaN == true && windows[1].nonFinite == 1)
            orphan.close()
            let next = try #require(try directory.adopt(recorder.id).recorder)
            #expect(next.reports.isEmpty && next.isSealed && next.instrumentCodes.count == 2)
            #expect(Self.take(next, at: 0) == WindowTaking())
            next.seriesWindows.release(upTo: 2)
            try next.remove()
        }
    }
}
