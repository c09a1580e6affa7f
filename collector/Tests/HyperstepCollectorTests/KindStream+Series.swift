import HyperstepHistogram
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Windows of series, each known from its position alone.
extension KindStream {
    static let service = "api \"ü\""
    /// Of every kind, with texts that JSON and a table's text have to keep apart.
    static let series = [
        Series(name: "http_requests", kind: .counter),
        Series(
            name: "latency ü", kind: .timer, unit: "ns",
            dimensions: [
                .init(key: "path", value: "/a\"b\\c\n\u{1}\u{7f}"), .init(key: "status", value: "200"),
            ]),
        Series(
            name: "latency u\u{308}", kind: .timer, unit: "ns",
            dimensions: [.init(key: "path", value: ""), .init(key: "status", value: "ü")]),
        Series(
            name: "latency u\u{308}", kind: .init(rawValue: 32_767), unit: "By",
            dimensions: [.init(key: "path", value: ""), .init(key: "status", value: "u\u{308}")]),
    ]

    func series(of position: UInt64) -> Series { Self.series[Int(position) % Self.series.count] }

    func seriesWindows(_ positions: [UInt64]) -> SeriesWindows {
        var windows = SeriesWindows(
            instanceID: owner, runID: spacing % 2 == 0 ? model : nil, service: Self.service)
        // In an order that differs from batch to batch, and with one that no row uses.
        let all = Self.series
        let turn = Int(positions.first ?? 0) % all.count
        windows.series =
            Array(all[turn...] + all[..<turn]) + [Series(name: "unused \(id)", kind: .gauge)]
        windows.times = positions.map(time)
        windows.seriesIndexes = positions.map {
            UInt32((Int($0) % all.count - turn + all.count) % all.count)
        }
        windows.durationsMs = positions.map { Double($0 % 9 + 1) * 250 }
        windows.counts = positions.map(Self.count)
        windows.nonFiniteCounts = positions.map { $0 % 6 }
        windows.sum = DoubleColumn(positions.map { reading($0, 1) })
        windows.min = DoubleColumn(positions.map { reading($0, 2) })
        windows.max = DoubleColumn(positions.map { reading($0, 3) })
        windows.last = DoubleColumn(positions.map { double($0, 4) })
        windows.histograms = positions.map(valueHistogram)
        return windows
    }

    static func count(_ position: UInt64) -> UInt64 {
        position % 13 == 0 ? UInt64(Int64.max) : position * 3
    }

    func valueHistogram(_ position: UInt64) -> ValueHistogram {
        guard series(of: position).kind != .counter else { return ValueHistogram() }
        var random = SeededGenerator(seed: position)
        return ValueHistogram(
            values: (0...position % 6).map { _ in .random(in: -1e9...1e9, using: &random) })
    }

    // MARK: What the tables must hold

    static let seriesFields = [
        "encode(convert_to(service, 'UTF8'), 'hex')", "encode(convert_to(name, 'UTF8'), 'hex')", "kind",
        "unit",
        """
        (SELECT coalesce(string_agg(encode(convert_to(key || '=' || value, 'UTF8'), 'hex'), ','
                                    ORDER BY key COLLATE "C"), '')
         FROM jsonb_each_text(dimensions))
        """,
    ]

    func seriesTexts(_ position: UInt64) -> [String] {
        let series = series(of: position)
        return [
            hex(Self.service), hex(series.name), "\(series.kind.rawValue)", series.unit,
            series.dimensions.map { hex("\($0.key)=\($0.value)") }.joined(separator: ","),
        ]
    }

    func windowOfSeriesFields(_ position: UInt64) -> [String] {
        let numbers: [Double?] = [
            Double(position % 9 + 1) * 250, reading(position, 1), reading(position, 2), reading(position, 3),
            double(position, 4),
        ]
        return seriesTexts(position) + [
            spacing % 2 == 0 ? text(model) : "-", "\(Self.count(position))", "\(position % 6)",
        ] + numbers.map(hex)
    }

    func valueHistogramLines(_ position: UInt64) -> [String] {
        let histogram = valueHistogram(position)
        return zip(histogram.buckets, histogram.counts).map { bucket, count in
            line(position, seriesTexts(position) + ["\(bucket)", "\(count)"])
        }
    }
}
