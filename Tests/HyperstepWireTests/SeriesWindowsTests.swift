import HyperstepHistogram
import HyperstepWire
import TestRandom
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension SeriesWindows {
    static func random(rows: Int, _ generator: inout Seeded) -> SeriesWindows {
        var windows = SeriesWindows(
            instanceID: .random(&generator),
            runID: Bool.random(using: &generator) ? .random(&generator) : nil,
            service: .random(0...10, &generator))
        windows.series = (0..<Int.random(in: 1...9, using: &generator)).map { .random($0, &generator) }
        let series = UInt32(windows.series.count)
        windows.times = (0..<rows).map { _ in .random(in: 0...Int64.max, using: &generator) }
        windows.seriesIndexes = (0..<rows).map { _ in .random(in: 0..<series, using: &generator) }
        windows.durationsMs = (0..<rows).map { _ in
            .random(in: Double.leastNonzeroMagnitude...1e9, using: &generator)
        }
        windows.counts = (0..<rows).map { _ in .random(in: 0...WireLimits.maxCount, using: &generator) }
        let hasOthers = Bool.random(using: &generator)
        windows.nonFiniteCounts = (0..<rows).map { _ in
            hasOthers ? .random(in: 0...WireLimits.maxCount, using: &generator) : 0
        }
        windows.sum = .random(rows: rows, &generator) { .randomBits(&$0) }
        windows.min = .random(rows: rows, &generator) { .randomBits(&$0) }
        windows.max = .random(rows: rows, &generator) { .randomBits(&$0) }
        windows.last = .random(rows: rows, &generator) { .randomBits(&$0) }
        let hasHistograms = Bool.random(using: &generator)
        windows.histograms = (0..<rows).map { _ in
            guard hasHistograms, Bool.random(using: &generator) else { return ValueHistogram() }
            return ValueHistogram(values: (0..<20).map { _ in .randomBits(&generator) })
        }
        return windows
    }
}

extension Series {
    static func random(_ place: Int, _ generator: inout Seeded) -> Series {
        // The last is a kind of a program that is newer than this one.
        let kind: UInt32 = [1, 2, 3, 4, 5, 77].randomElement(using: &generator) ?? 1
        let keys = Set(
            (0..<Int.random(in: 0...4, using: &generator)).map { "\($0)" + .random(0...9, &generator) })
        return Series(
            name: "\(place)" + .random(0...30, &generator), kind: .init(rawValue: kind),
            unit: .random(0...5, &generator),
            dimensions: keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map {
                Dimension(key: $0, value: .random(0...20, &generator))
            })
    }
}

@Suite("Windows of series that break the contract are refused by name")
struct SeriesWindowsTests {
    typealias Raw = RawMessage
    static let big = WireLimits.maxCount + 1
    static let long = String(repeating: "x", count: 257)

    private static func dimensions(_ count: Int, of bytes: Int = 1) -> [Series.Dimension] {
        (0..<count).map { .init(key: "\(1_000 + $0)", value: String(repeating: "v", count: bytes)) }
    }

    @Test(
        "By our own encoder",
        arguments: [
            Damage("service", { $0.service = long }),
            Damage("series", { $0.series = (0..<4_097).map { Series(name: "\($0)", kind: .gauge) } }),
            Damage("series[1].name", { $0.series[1].name = "" }),
            Damage("series[1].name", { $0.series[1].name = long }),
            Damage("series[1].kind", { $0.series[1].kind = .init(rawValue: 0) }),
            Damage("series[1].kind", { $0.series[1].kind = .init(rawValue: 32_768) }),
            Damage("series[1].unit", { $0.series[1].unit = long }),
            Damage("series[1].dimensions", { $0.series[1].dimensions = dimensions(33) }),
            Damage("series[1].dimensions[1].key", { $0.series[1].dimensions[1].key = "a" }),
            Damage("series[1].dimensions[0].key", { $0.series[1].dimensions[0].key = "" }),
            Damage("series[1].dimensions[1].key", { $0.series[1].dimensions.reverse() }),
            Damage("series[1]", { $0.series[1].dimensions = dimensions(5, of: 300) }),
            Damage("series[1]", { $0.series[1] = $0.series[0] }),
            Damage("time", { $0.times[1] = -1 }),
            Damage("series_index", { $0.seriesIndexes[1] = 2 }),
            Damage("series_index", { $0.seriesIndexes.removeLast() }),
            Damage("duration_ms", { $0.durationsMs[1] = 0 }),
            Damage("duration_ms", { $0.durationsMs[1] = .nan }),
            Damage("duration_ms", { $0.durationsMs[1] = .infinity }),
            Damage("duration_ms", { $0.durationsMs.append(1) }),
            Damage("count", { $0.counts[1] = big }),
            Damage("count", { $0.counts.removeLast() }),
            Damage("non_finite_count", { $0.nonFiniteCounts[1] = big }),
            Damage("non_finite_count", { $0.nonFiniteCounts = [] }),
            Damage("sum.values", { $0.sum.values = [1] }),
            Damage("min.presence", { $0.min.presence = [4] }),
            Damage("max.presence", { $0.max = DoubleColumn(values: [1], presence: [1, 0]) }),
            Damage("last.values", { $0.last = DoubleColumn(values: [1], presence: [3]) }),
            Damage("bucket_count", { $0.histograms.removeLast() }),
            Damage(
                "bucket_hits",
                { $0.histograms[1] = ValueHistogram(buckets: [0, 1], counts: [big - 1, 1]) ?? .init() }),
        ] as [Damage<SeriesWindows>])
    func encoder(damage: Damage<SeriesWindows>) {
        var windows = SeriesWindows(instanceID: UUID())
        windows.series = [
            Series(name: "e\u{301}", kind: .counter),
            // The same in Swift's eyes, another in the database's.
            Series(
                name: "é", kind: .counter,
                dimensions: [.init(key: "a", value: ""), .init(key: "b", value: "x")]),
        ]
        (windows.times, windows.seriesIndexes, windows.durationsMs) = ([1, 2], [0, 1], [1, 1])
        (windows.counts, windows.nonFiniteCounts) = ([0, WireLimits.maxCount], [0, 0])
        windows.histograms = [ValueHistogram(), ValueHistogram(values: [1])]
        #expect(BadRecordsTests.field(.seriesWindows(windows)) == nil)
        #expect(BadRecordsTests.field(.seriesWindows(windows), positions: 3) == "series_windows.time")
        damage.apply(&windows)
        #expect(BadRecordsTests.field(.seriesWindows(windows)) == "series_windows.\(damage.field)")
    }

    @Test("Histograms that could never fit a body are refused before memory is taken for them")
    func size() {
        let full = ValueHistogram(
            buckets: Array(-8_192...8_192), counts: Array(repeating: 1, count: 16_385))
        let rows = 300
        var windows = SeriesWindows(instanceID: UUID())
        windows.series = [Series(name: "a", kind: .recorder)]
        windows.times = Array(repeating: 1, count: rows)
        windows.seriesIndexes = Array(repeating: 0, count: rows)
        windows.durationsMs = Array(repeating: 1, count: rows)
        windows.counts = Array(repeating: 1, count: rows)
        windows.nonFiniteCounts = Array(repeating: 0, count: rows)
        windows.histograms = Array(repeating: full ?? ValueHistogram(), count: rows)
        #expect(
            BadRecordsTests.field(.seriesWindows(windows), positions: UInt64(rows))
                == "series_windows.bucket_count")
    }

    /// One series, and `rows` rows of it without values.
    private static func sound(rows: Int = 1) -> Raw {
        Raw().bytes(1, Raw.id).message(4, Raw().text(1, "a").number(2, 4))
            .packedFixed(5, (0..<rows).map(UInt64.init)).packed(6, (0..<rows).map { _ in 0 })
            .packedFixed(7, (0..<rows).map { _ in (1.5).bitPattern }).packed(8, (0..<rows).map { _ in 1 })
    }

    private static func field(_ windows: Raw, rows: Int = 1) -> String? {
        RawRecordsTests.field(Raw.batch(22, positions: UInt64(rows), windows))
    }

    /// A sint32.
    private static func zigzag(_ value: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: (value << 1) ^ (value >> 31)))
    }

    @Test("What another program leaves out has the meaning that the contract gives it")
    func absent() throws {
        let bytes = Raw.batch(22, positions: 2, Self.sound(rows: 2).number(900, 4).text(901, "later"))
        guard case .seriesWindows(let read) = try Batch(bytes: bytes).records else {
            Issue.record("another kind of records came back")
            return
        }
        #expect(read.runID == nil && read.service.isEmpty)
        #expect(read.series == [Series(name: "a", kind: .timer)])
        #expect(read.nonFiniteCounts == [0, 0])
        #expect(read.sum.isAbsent && read.min.isAbsent && read.max.isAbsent && read.last.isAbsent)
        #expect(read.histograms == [ValueHistogram(), ValueHistogram()])
    }

    @Test("A row's buckets are the sums of its differences, and begin anew with each row")
    func buckets() throws {
        let deltas: [Int32] = [-8_192, 16_384, 5, 1]
        let windows = Self.sound(rows: 3).packed(14, [2, 0, 2]).packed(15, deltas.map(Self.zigzag))
            .packed(16, [1, 2, 3, 4])
        guard case .seriesWindows(let read) = try Batch(bytes: Raw.batch(22, positions: 3, windows)).records
        else {
            Issue.record("another kind of records came back")
            return
        }
        #expect(read.histograms.map(\.buckets) == [[-8_192, 8_192], [], [5, 6]])
        #expect(read.histograms.map(\.counts) == [[1, 2], [], [3, 4]])
    }

    @Test(
        "Bad histograms",
        arguments: [
            ("bucket_count", [], [1], [1]),
            ("bucket_count", [1, 0], [1], [1]),
            ("bucket_count", [2], [1], [1]),
            ("bucket_count", [0], [1], [1]),
            ("bucket_count", [0xFFFF_FFFF], [1], [1]),
            ("bucket_hits", [1], [1], []),
            ("bucket_hits", [1], [1], [1, 1]),
            ("bucket_hits", [1], [1], [0]),
            ("bucket_hits", [2], [1, 1], [1 << 62, 1 << 62]),
            ("bucket_hits", [2], [1, 1], [.max, .max]),
            ("bucket_delta", [1], [8_193], [1]),
            ("bucket_delta", [1], [-8_193], [1]),
            ("bucket_delta", [2], [1, 8_192], [1, 1]),
            ("bucket_delta", [2], [1, 0], [1, 1]),
            ("bucket_delta", [2], [1, -1], [1, 1]),
            ("bucket_delta", [2], [.max, .max], [1, 1]),
            ("bucket_delta", [2], [.min, .min], [1, 1]),
        ] as [(String, [UInt64], [Int32], [UInt64])])
    func badHistograms(part: String, lengths: [UInt64], deltas: [Int32], hits: [UInt64]) {
        let windows = Self.sound().packed(14, lengths).packed(15, deltas.map(Self.zigzag)).packed(16, hits)
        #expect(Self.field(windows) == "series_windows.\(part)")
    }

    @Test("Bad windows")
    func badWindows() {
        let sound = Self.sound()
        #expect(Self.field(sound) == nil)
        #expect(Self.field(sound, rows: 2) == "series_windows.time")
        #expect(Self.field(Raw()) == "series_windows.instance_id")
        #expect(Self.field(sound.bytes(2, [1])) == "series_windows.run_id")
        #expect(Self.field(sound.bytes(3, [0xFF])) == "series_windows.service")
        #expect(Self.field(sound.message(4, Raw())) == "series_windows.series[1].name")
        #expect(Self.field(sound.message(4, Raw().text(1, "b"))) == "series_windows.series[1].kind")
        let twice = Raw().text(1, "a").number(2, 4)
        #expect(Self.field(sound.message(4, twice)) == "series_windows.series[1]")
        let dimension = Raw().text(1, "k")
        let one = twice.message(4, dimension)
        #expect(Self.field(sound.message(4, one)) == nil)
        #expect(
            Self.field(sound.message(4, one.message(4, dimension)))
                == "series_windows.series[1].dimensions[1].key")
        #expect(
            Self.field(sound.message(4, twice.message(4, Raw().text(2, "v"))))
                == "series_windows.series[1].dimensions[0].key")
        let many = (0..<33).reduce(twice) { series, _ in series.message(4, dimension) }
        #expect(Self.field(sound.message(4, many)) == "series_windows.series[1].dimensions")
        #expect(Self.field(sound.packed(6, [0])) == "series_windows.series_index")
        #expect(Self.field(sound.packed(9, [1, 1])) == "series_windows.non_finite_count")
        #expect(Self.field(sound.packed(9, [.max])) == "series_windows.non_finite_count")
        #expect(Self.field(sound.packedFixed(7, [0])) == "series_windows.duration_ms")
        #expect(
            Self.field(sound.message(10, Raw().packedFixed(1, [0, 0]))) == "series_windows.sum.values")
    }
}
