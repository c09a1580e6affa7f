import TestRandom
import Testing

@testable import HyperstepRecorder

/// A window as bytes and back, for tests: words of 64 bits.
struct WindowCode: Equatable {
    var identity: [UInt8] = []
    var start: Int64 = 0
    var end: Int64 = 0
    var counts: [Int: UInt64] = [:]

    static func encode(_ window: MonitorWindow) -> [UInt8] {
        var words: [UInt64] = [
            UInt64(bitPattern: window.start), UInt64(bitPattern: window.end), window.errors,
            window.inputTokens, window.outputTokens, UInt64(window.identity.count),
        ]
        words += window.identity.map(UInt64.init)
        for kind in LatencyKind.allCases {
            for bucket in window.buckets(kind) {
                words += [UInt64(MonitorCounter.buckets(kind).lowerBound + bucket.index), bucket.count]
            }
        }
        return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    }

    /// As `encode`, but fits no slot unless it is of one histogram.
    static func encodeParts(_ window: MonitorWindow) -> [UInt8] {
        let kinds = LatencyKind.allCases.filter { !window.buckets($0).isEmpty }
        return kinds.count > 1 ? .init(repeating: 0, count: 40_000) : encode(window)
    }

    init() {}

    init(_ payload: UnsafeRawBufferPointer) {
        var words = (0..<payload.count / 8).map {
            payload.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)
        }
        start = Int64(bitPattern: words[0])
        end = Int64(bitPattern: words[1])
        for counter in [MonitorCounter.errors, MonitorCounter.inputTokens, MonitorCounter.outputTokens] {
            counts[counter] = words[2 + counter] > 0 ? words[2 + counter] : nil
        }
        identity = words[6..<6 + Int(words[5])].map { UInt8($0) }
        words.removeFirst(6 + Int(words[5]))
        for pair in stride(from: 0, to: words.count, by: 2) { counts[Int(words[pair])] = words[pair + 1] }
    }
}

extension WindowRing {
    func all(from position: UInt64 = 0) -> [WindowCode] {
        var windows: [WindowCode] = []
        _ = read(from: position, limit: .max) { _, payload in
            windows.append(WindowCode(payload))
            return true
        }
        return windows
    }

    /// The windows' bytes by their positions.
    func payloads() -> [UInt64: [UInt8]] {
        var payloads: [UInt64: [UInt8]] = [:]
        _ = read(from: 0, limit: .max) { position, payload in
            payloads[position] = Array(payload)
            return true
        }
        return payloads
    }
}

extension [WindowCode] {
    /// What a series counted over all these windows.
    func sum(_ identity: [UInt8]) -> [Int: UInt64] {
        filter { $0.identity == identity }.reduce(into: [:]) { sum, window in
            sum.merge(window.counts, uniquingKeysWith: +)
        }
    }
}

/// Records at random and keeps count.
struct CountedSeries {
    let series: MonitorSeries
    private(set) var counts: [Int: UInt64] = [:]

    init(_ series: MonitorSeries) { self.series = series }

    mutating func record(_ calls: Int, using generator: inout Seeded) {
        for _ in 0..<calls {
            let nanoseconds = UInt64(1) << UInt64.random(in: 0..<44, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0:
                let kind = LatencyKind.allCases.randomElement(using: &generator) ?? .request
                #expect(series.record(kind, nanoseconds: nanoseconds))
                counts[MonitorCounter.bucket(kind, nanoseconds: nanoseconds), default: 0] += 1
            case 1:
                let tokens = UInt32.random(in: 1...1_000, using: &generator)
                #expect(series.recordTokens(input: tokens, output: tokens + 1))
                counts[MonitorCounter.inputTokens, default: 0] += UInt64(tokens)
                counts[MonitorCounter.outputTokens, default: 0] += UInt64(tokens) + 1
            default:
                let isError = Bool.random(using: &generator)
                #expect(series.recordRequest(nanoseconds: nanoseconds, isError: isError))
                counts[MonitorCounter.bucket(.request, nanoseconds: nanoseconds), default: 0] += 1
                if isError { counts[MonitorCounter.errors, default: 0] += 1 }
            }
        }
    }
}
