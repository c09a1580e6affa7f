import HyperstepHistogram
import TestRandom
import Testing

@testable import HyperstepRecorder

extension RecorderConfiguration {
    /// Two instruments, and nothing else.
    static var instruments: RecorderConfiguration {
        var configuration = RecorderConfiguration()
        configuration.stepCapacity = 0
        configuration.eventCapacity = 0
        configuration.instrumentWindowCapacity = 128
        configuration.instrumentCapacity = 2
        return configuration
    }
}

/// A window of an instrument as bytes and back, for tests: words of 64 bits. More than some 120 buckets fit no slot,
/// so that it is taken in parts.
struct InstrumentCode: Equatable {
    var series = 0
    var start: Int64 = 0
    var end: Int64 = 0
    var count: UInt64 = 0
    var nonFinite: UInt64 = 0
    var sum: Double?
    var total: Double?
    var value = 0.0
    var least: Double?
    var most: Double?
    var last: Double?
    var buckets: [Int16: UInt64] = [:]

    static func encode(_ window: InstrumentWindow) -> [UInt8] {
        var words: [UInt64] = [
            UInt64(window.series), UInt64(bitPattern: window.start), UInt64(bitPattern: window.end),
            window.count, window.nonFiniteCount, (window.total ?? .nan).bitPattern, window.value.bitPattern,
        ]
        for number in [window.sum, window.least, window.most, window.last] {
            words += [number == nil ? 0 : 1, number?.bitPattern ?? 0]
        }
        for (bucket, count) in zip(window.histogram.buckets, window.histogram.counts) {
            words += [UInt64(bitPattern: Int64(bucket)), count]
        }
        return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    }

    init(_ payload: UnsafeRawBufferPointer) {
        let words = (0..<payload.count / 8).map {
            payload.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)
        }
        guard words.count >= 15 else { return }
        series = Int(words[0])
        start = Int64(bitPattern: words[1])
        end = Int64(bitPattern: words[2])
        (count, nonFinite) = (words[3], words[4])
        let known = Double(bitPattern: words[5])
        total = known.isNaN ? nil : known
        value = Double(bitPattern: words[6])
        func optional(_ place: Int) -> Double? {
            words[place] == 1 ? Double(bitPattern: words[place + 1]) : nil
        }
        (sum, least, most, last) = (optional(7), optional(9), optional(11), optional(13))
        for pair in stride(from: 15, to: words.count, by: 2) {
            buckets[Int16(Int64(bitPattern: words[pair]))] = words[pair + 1]
        }
    }
}

extension Recorder {
    /// The windows of instruments that are in the ring.
    var instrumentCodes: [InstrumentCode] {
        var windows: [InstrumentCode] = []
        _ = seriesWindows.read(from: 0, limit: .max) { _, payload in
            windows.append(InstrumentCode(payload))
            return true
        }
        return windows
    }
}

/// What windows add up to.
struct InstrumentSum: Equatable {
    var count: UInt64 = 0
    var nonFinite: UInt64 = 0
    var sum = 0.0
    var buckets: [Int16: UInt64] = [:]
    var least = Double.infinity
    var most = -Double.infinity

    init() {}

    init(of series: Int, in windows: [InstrumentCode]) {
        for window in windows where window.series == series {
            count += window.count
            nonFinite += window.nonFinite
            sum += window.sum ?? 0
            buckets.merge(window.buckets, uniquingKeysWith: +)
            least = min(least, window.least ?? .infinity)
            most = max(most, window.most ?? -.infinity)
        }
    }

    static func + (left: InstrumentSum, right: InstrumentSum) -> InstrumentSum {
        var both = left
        both.count += right.count
        both.nonFinite += right.nonFinite
        both.sum += right.sum
        both.buckets.merge(right.buckets, uniquingKeysWith: +)
        both.least = min(both.least, right.least)
        both.most = max(both.most, right.most)
        return both
    }
}

/// Records at random and keeps count: numbers whose sums are exact in doubles.
struct CountedInstrument {
    let series: InstrumentSeries
    private(set) var sum = InstrumentSum()

    init(_ series: InstrumentSeries) { self.series = series }

    mutating func record(_ calls: Int, using generator: inout Seeded) {
        for _ in 0..<calls {
            // Of 24 powers of two, both signs, in steps of 1/1,024.
            let magnitude = UInt64(1) << UInt64.random(in: 0..<24, using: &generator)
            let number =
                Double(Int64.random(in: -Int64(magnitude)...Int64(magnitude), using: &generator)) / 1_024
            switch Int.random(in: 0..<6, using: &generator) {
            case 0:
                #expect(series.add(number))
                note(number)
            case 1:
                let integer = Int64(number)
                #expect(series.add(whole: integer))
                note(Double(integer))
            case 2:
                #expect(series.observe(.nan) && series.add(-.infinity))
                sum.nonFinite += 2
            case 3:
                let integer = Int64(number)
                #expect(series.observe(whole: integer))
                bucket(Double(integer))
            default:
                #expect(series.observe(number))
                bucket(number)
            }
        }
    }

    private mutating func bucket(_ number: Double) {
        note(number)
        sum.buckets[ValueBuckets.bucket(of: number)!, default: 0] += 1
    }

    private mutating func note(_ number: Double) {
        sum.count += 1
        sum.sum += number
        sum.least = min(sum.least, number)
        sum.most = max(sum.most, number)
    }
}
