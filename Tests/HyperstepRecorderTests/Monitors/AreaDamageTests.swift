import TestRandom
import Testing

@testable import HyperstepRecorder

/// Damage to names and monitors. Nothing may trap or hang, and what is not hit stays.
@Suite("Damaged names and monitors")
struct AreaDamageTests {
    /// An orphan with names, scalars, series, and windows of which some were taken.
    private struct Orphan {
        let path: String
        let directory: RecorderDirectory
        let recorder: Recorder
        let whole: [UInt8]
        let layout: FileLayout

        init(_ directory: RecorderDirectory) throws {
            self.directory = directory
            recorder = try directory.create(.everything)
            path = recorder.path
            for number in 0..<3 {
                let metric = try #require(recorder.names.intern(name: "metric \(number)", unit: "ms"))
                recorder.scalars.record(ScalarRecord(time: 0, metric: metric, value: 1))
            }
            let monitors = recorder.monitors
            let all = try [[UInt8(1)], [2, 2]].map { try #require(monitors.series($0, at: 0)) }
            for time in 1..<4 {
                for series in all { series.recordRequest(nanoseconds: 5_000, isError: true) }
                if time < 3 { monitors.takeWindows(at: Int64(time), WindowCode.encode) }
            }
            recorder.close()
            whole = try bytes(of: path)
            layout = try FileLayout.of(whole)
        }

        func adopted(_ change: (inout [UInt8]) -> Void) throws -> Recorder? {
            var damaged = whole
            change(&damaged)
            try write(damaged, to: path)
            return try directory.adopt(recorder.id).recorder
        }

        /// Reads all there is, takes all there is, and removes the file.
        func useUp(_ orphan: Recorder) throws {
            for number in 0..<10 { _ = orphan.names[MetricID(rawValue: UInt32(number))] }
            _ = orphan.scalars.all()
            var turns = 0
            while !orphan.isSealed && turns < 20 {
                orphan.monitors.takeWindows(at: 0) { _ in [1] }
                orphan.windows.release(upTo: orphan.windows.level.end)
                turns += 1
            }
            #expect(orphan.isSealed, "it comes to an end")
            orphan.steps.release(upTo: orphan.steps.level.end)
            orphan.events.release(upTo: orphan.events.level.end)
            orphan.scalars.release(upTo: orphan.scalars.level.end)
            orphan.experiments.release(upTo: orphan.experiments.level.end)
            orphan.samples.release(upTo: orphan.samples.level.end)
            orphan.windows.release(upTo: orphan.windows.level.end)
            try orphan.remove()
        }
    }

    private func store(_ value: UInt64, at offset: Int) -> (inout [UInt8]) -> Void {
        { bytes in
            bytes.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: offset, as: UInt64.self) }
        }
    }

    @Test("A damaged name is none; the others keep theirs", arguments: [0, 1, 2, 4, 8, 100, 264])
    func name(byte: Int) throws {
        try withDirectory { directory in
            let source = try Orphan(directory)
            let offset = source.layout.namesOffset + 256 + 336 + byte
            let orphan = try #require(try source.adopted { $0[offset] ^= 0x40 })
            #expect(orphan.reports.count == 1)
            let names = (0..<4).map { orphan.names[MetricID(rawValue: UInt32($0))]?.name }
            #expect(names == ["metric 0", nil, "metric 2", nil])
            try source.useUp(orphan)
        }
    }

    @Test(
        "A count beyond the capacity is reported, and the whole entries are found",
        arguments: [9, UInt64.max])
    func counts(count: UInt64) throws {
        try withDirectory { directory in
            let source = try Orphan(directory)
            let names = try #require(try source.adopted(store(count, at: source.layout.namesOffset)))
            #expect(names.reports.count == 1 && names.names.count == 3)
            try source.useUp(names)
            let series = try #require(try source.adopted(store(count, at: source.layout.monitorsOffset)))
            #expect(series.reports.count == 1 && series.monitors.all.map(\.identity) == [[1], [2, 2]])
            series.monitors.takeWindows(at: 0, WindowCode.encode)
            #expect(series.windows.all().sum([1]).values.sorted() == [3, 3])
            try source.useUp(series)
        }
    }

    @Test("A series whose identity or counters are nonsense is left out, and reported; the other is taken")
    func series() throws {
        try withDirectory { directory in
            let source = try Orphan(directory)
            let first = source.layout.monitorsOffset + 4_096
            for change in [
                store(.max, at: first), store(.max, at: first + 4_096), store(1 << 60, at: first + 8_192),
            ] {
                let orphan = try #require(try source.adopted(change))
                #expect(orphan.reports.count == 1)
                orphan.monitors.takeWindows(at: 0, WindowCode.encode)
                let windows = orphan.windows.all()
                #expect(windows.sum([2, 2]).values.sorted() == [3, 3])
                #expect(windows.sum([1]).values.sorted() == [2, 2])
                try source.useUp(orphan)
            }
        }
    }

    @Test("Where snapshots are ahead of their windows, counts are left out rather than counted twice")
    func tags() throws {
        try withDirectory { directory in
            let source = try Orphan(directory)
            // The ring of windows as if nothing had ever been in it.
            let ring = try #require(source.layout.ring(.windows))
            let orphan = try #require(
                try source.adopted { bytes in
                    for offset in ring.kind.cursorsOffset..<ring.kind.cursorsOffset + 512 {
                        bytes[offset] = 0
                    }
                    for offset in ring.slotsOffset..<ring.slotsOffset + ring.slotsBytes { bytes[offset] = 0 }
                })
            #expect(orphan.reports.count == 2)
            orphan.monitors.takeWindows(at: 0, WindowCode.encode)
            #expect(orphan.windows.all().sum([1]).values.sorted() == [1, 1])
            try source.useUp(orphan)
        }
    }

    @Test(
        "Flips, noise and cuts anywhere in both areas, in the ring of windows and its cursors",
        arguments: 0..<8)
    func anywhere(seed: UInt64) throws {
        try withDirectory { directory in
            let source = try Orphan(directory)
            var generator = Seeded(seed)
            let layout = source.layout
            let ring = try #require(layout.ring(.windows))
            let places = [
                FileLayout.cursorsOffset..<FileLayout.slotsOffset,
                layout.namesOffset..<layout.namesOffset + 1_400,
                layout.monitorsOffset..<layout.monitorsOffset + 400,
                layout.monitorsOffset + 4_096..<layout.monitorsOffset + 4_110,
                layout.monitorsOffset..<layout.copyOffset, ring.slotsOffset..<layout.copyOffset,
            ]
            for _ in 0..<25 {
                let orphan = try source.adopted { bytes in
                    for _ in 0..<Int.random(in: 1...40, using: &generator) {
                        let offset =
                            (places.randomElement(using: &generator) ?? places[0])
                            .randomElement(using: &generator) ?? 0
                        bytes[offset] =
                            [0, 0xFF, UInt8.random(in: 0...255, using: &generator)]
                            .randomElement(using: &generator) ?? 0
                    }
                    if Int.random(in: 0..<4, using: &generator) == 0 {
                        bytes.removeLast(Int.random(in: 0..<bytes.count / 2, using: &generator))
                    }
                }
                if let orphan { try source.useUp(orphan) }
            }
        }
    }
}
