import TestRandom
import Testing

@testable import HyperstepRecorder

/// Damage to instruments. Nothing may trap or hang, and what is not hit stays.
@Suite("Damaged instruments")
struct InstrumentDamageTests {
    /// An orphan with two series, of which some windows were taken.
    private struct Orphan {
        let directory: RecorderDirectory
        let recorder: Recorder
        let whole: [UInt8]
        let layout: FileLayout

        init(_ directory: RecorderDirectory) throws {
            self.directory = directory
            let recorder = try directory.create(.instruments)
            self.recorder = recorder
            let all = try [[UInt8(1)], [2]].map { try #require(recorder.instruments.series($0, at: 0)) }
            for time in 1..<4 {
                for series in all { series.observe(Double(time)) }
                if time < 3 { recorder.instruments.takeWindows(at: Int64(time), InstrumentCode.encode) }
            }
            recorder.close()
            whole = try bytes(of: recorder.path)
            layout = try FileLayout.of(whole)
        }

        func adopted(_ change: (inout [UInt8]) -> Void) throws -> Recorder? {
            var damaged = whole
            change(&damaged)
            try write(damaged, to: recorder.path)
            return try directory.adopt(recorder.id).recorder
        }

        /// Takes all there is, and removes the file.
        func useUp(_ orphan: Recorder) throws -> [InstrumentCode] {
            var windows = orphan.instrumentCodes
            var turns = 0
            while !orphan.isSealed && turns < 20 {
                orphan.instruments.takeWindows(at: 0, InstrumentCode.encode)
                windows = turns == 0 ? orphan.instrumentCodes : windows + orphan.instrumentCodes
                orphan.seriesWindows.release(upTo: orphan.seriesWindows.level.end)
                turns += 1
            }
            #expect(orphan.isSealed, "it comes to an end")
            for number in 0..<4 { _ = orphan.instruments.identity(of: number) }
            orphan.seriesWindows.release(upTo: orphan.seriesWindows.level.end)
            try orphan.remove()
            return windows
        }
    }

    private func store(_ value: UInt64, at offset: Int) -> (inout [UInt8]) -> Void {
        { bytes in
            bytes.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: offset, as: UInt64.self) }
        }
    }

    @Test("Undamaged, all is there and nothing is reported")
    func whole() throws {
        try withDirectory { directory in
            let source = try Orphan(directory)
            let orphan = try #require(try source.adopted { _ in })
            #expect(orphan.reports.isEmpty)
            let windows = try source.useUp(orphan)
            #expect(InstrumentSum(of: 0, in: windows).sum == 6 && InstrumentSum(of: 1, in: windows).sum == 6)
        }
    }

    @Test("A count beyond the capacity is reported, and the whole series are found")
    func count() throws {
        try withDirectory { directory in
            let source = try Orphan(directory)
            let orphan = try #require(try source.adopted(store(.max, at: source.layout.instrumentsOffset)))
            #expect(orphan.reports.count == 1 && orphan.instruments.count == 2)
            #expect(InstrumentSum(of: 1, in: try source.useUp(orphan)).count == 3)
        }
    }

    @Test("A series whose identity or counts are nonsense is left out, and reported; the other is taken")
    func series() throws {
        try withDirectory { directory in
            let source = try Orphan(directory)
            let first = source.layout.instrumentsOffset + AreaHead.bytes
            let block = first + 2 * InstrumentSeriesPlace.bytes
            for offset in [first, first + 2_304, first + 2_312, block] {
                let orphan = try #require(try source.adopted(store(.max, at: offset)))
                #expect(orphan.reports.count == 1)
                let windows = try source.useUp(orphan)
                #expect(InstrumentSum(of: 1, in: windows).sum == 6)
                #expect(InstrumentSum(of: 0, in: windows).sum == 3)
            }
        }
    }

    @Test("An owner that names no block, or another's, is left out; what else was counted is taken")
    func owners() throws {
        try withDirectory { directory in
            let source = try Orphan(directory)
            let owners = source.layout.instrumentsOffset + AreaHead.bytes + 1_792
            let places = (0..<64).map { owners + 8 * $0 }
            let used = places.filter { source.whole[$0..<$0 + 8].contains { $0 != 0 } }
            try #require(used.count == 2)
            func owner(_ place: Int) -> UInt64 {
                source.whole.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: UInt64.self) }
            }
            for wrong in [.max, 1 << 32, owner(used[0]) & 0xFFFF_FFFF, 257 | 1 << 32] {
                let orphan = try #require(try source.adopted(store(wrong, at: used[1])))
                #expect(orphan.reports.count >= 1, "\(wrong)")
                let windows = try source.useUp(orphan)
                #expect(InstrumentSum(of: 0, in: windows).sum == 6)
                #expect(InstrumentSum(of: 1, in: windows).sum == 6)
            }
        }
    }

    @Test("A block that two series name is counted for neither, whichever of them is wrong", arguments: 0..<2)
    func sharedBlock(wrong: Int) throws {
        try withDirectory { directory in
            let source = try Orphan(directory)
            let owners = (0..<2).map {
                source.layout.instrumentsOffset + AreaHead.bytes + $0 * InstrumentSeriesPlace.bytes + 1_792
            }
            let used = try owners.map { first in
                try #require(
                    (0..<64).map { first + 8 * $0 }.last { source.whole[$0..<$0 + 8].contains { $0 != 0 } })
            }
            let other = source.whole.withUnsafeBytes {
                $0.loadUnaligned(fromByteOffset: used[1 - wrong], as: UInt64.self)
            }
            let orphan = try #require(try source.adopted(store(other, at: used[wrong])))
            #expect(orphan.reports.count == 2)
            let sealed = orphan.instrumentCodes.count
            let windows = try source.useUp(orphan)
            // What was taken before, and the sums, which are no blocks'.
            for index in 0..<2 {
                let rest = Array(windows[sealed...])
                #expect(InstrumentSum(of: index, in: windows).sum == 6)
                #expect(InstrumentSum(of: index, in: rest).buckets.isEmpty)
            }
        }
    }

    @Test("A block is no other series' though the one that it belongs to is damaged, too", arguments: 0..<2)
    func blockOfDamaged(wrong: Int) throws {
        try withDirectory { directory in
            let source = try Orphan(directory)
            let places = (0..<2).map {
                source.layout.instrumentsOffset + AreaHead.bytes + $0 * InstrumentSeriesPlace.bytes
            }
            let used = try places.map { place in
                try #require(
                    (0..<64).map { place + 1_792 + 8 * $0 }.last {
                        source.whole[$0..<$0 + 8].contains { $0 != 0 }
                    })
            }
            let other = source.whole.withUnsafeBytes {
                $0.loadUnaligned(fromByteOffset: used[1 - wrong], as: UInt64.self)
            }
            let orphan = try #require(
                try source.adopted { bytes in
                    store(other, at: used[wrong])(&bytes)
                    store(.max, at: places[1 - wrong])(&bytes)
                })
            #expect(orphan.reports.count == 2)
            let taken = orphan.instrumentCodes.count
            let rest = try source.useUp(orphan)[taken...]
            #expect(rest.map(\.series) == [wrong] && rest.allSatisfy { $0.buckets.isEmpty && $0.sum == 3 })
        }
    }

    @Test("A sum that was lost with its counts is not taken back; what was counted since has none")
    func sumsLost() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.instruments)
            let series = try [[UInt8(1)], [2]].map { try #require(recorder.instruments.series($0, at: 0)) }
            func count(_ numbers: Range<Int>) { for _ in numbers { series.forEach { $0.add(whole: 10) } } }
            count(0..<5)
            let early = try bytes(of: recorder.path)
            count(5..<10)
            // Taken: 10 calls, 100.
            recorder.instruments.takeWindows(at: 1, InstrumentCode.encode)
            for bucketed in [false, true] {
                if bucketed { series.forEach { $0.observe(7) } }
                let late = try bytes(of: recorder.path)
                let layout = try FileLayout.of(late)
                let first = layout.instrumentsOffset + AreaHead.bytes
                let stripes = first + 2_304..<first + 2_816
                // One page is that of before, and the others are not.
                var damaged = late
                damaged.replaceSubrange(stripes, with: early[stripes])
                let image = try RecorderDirectory(path: directory.path + "/\(bucketed)")
                try write(damaged, to: RecorderFiles.path(image.path, recorder.id))
                let orphan = try #require(try image.adopt(recorder.id).recorder)
                #expect(orphan.reports.count == 1)
                orphan.instruments.takeWindows(at: 0, InstrumentCode.encode)
                #expect(orphan.isSealed)
                let all = orphan.instrumentCodes
                let hit = all.filter { $0.series == 0 }
                #expect(hit.map(\.sum) == (bucketed ? [100, nil] : [100]))
                #expect(hit.map(\.count) == (bucketed ? [10, 1] : [10]))
                #expect(hit.map(\.total) == (bucketed ? [100, nil] : [100]))
                #expect(InstrumentSum(of: 1, in: all).sum == (bucketed ? 107 : 100))
                orphan.close()
            }
        }
    }

    @Test(
        "A snapshot that is above its counters, of a bucket or a count, leaves nothing that is taken for ever"
    )
    func snapshotAhead() throws {
        try withDirectory { directory in
            let source = try Orphan(directory)
            let first = source.layout.instrumentsOffset + AreaHead.bytes
            let block =
                first + 2 * InstrumentSeriesPlace.bytes + StripePicker.stripes * BucketBlock.buckets * 8
            // Both snapshots of it, whichever is valid.
            let places = [
                [block, block + BucketBlock.buckets * 8],
                [first + 2_816 + 24, first + 2_816 + InstrumentSnapshot.bytes + 24],
            ]
            for both in places {
                let orphan = try #require(
                    try source.adopted { bytes in for place in both { store(1_000, at: place)(&bytes) } })
                #expect(orphan.reports.count == 1)
                let before = orphan.seriesWindows.level.end
                orphan.instruments.takeWindows(at: 0, InstrumentCode.encode)
                #expect(orphan.isSealed && orphan.seriesWindows.level.end <= before + 2)
                #expect(orphan.instruments.takeWindows(at: 0, InstrumentCode.encode) == WindowTaking())
                orphan.close()
            }
        }
    }

    @Test(
        "Flips, noise and cuts anywhere in the area, in the ring of windows and its cursors", arguments: 0..<8
    )
    func anywhere(seed: UInt64) throws {
        try withDirectory { directory in
            let source = try Orphan(directory)
            var generator = Seeded(seed)
            let layout = source.layout
            let ring = try #require(layout.ring(.series))
            let first = layout.instrumentsOffset + AreaHead.bytes
            let places = [
                FileLayout.cursorsOffset..<FileLayout.slotsOffset,
                layout.instrumentsOffset..<layout.instrumentsOffset + 600,
                first..<first + InstrumentSeriesPlace.bytes,
                first + 1_536..<first + InstrumentSeriesPlace.bytes,
                layout.instrumentsOffset..<layout.copyOffset, ring.slotsOffset..<layout.copyOffset,
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
                if let orphan { _ = try source.useUp(orphan) }
            }
        }
    }
}
