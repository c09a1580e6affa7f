import Testing

@testable import HyperstepRecorder

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("Versions of the file")
struct VersionTests {
    /// A file that the code of format version 1 made and was killed over: steps 10 to 69, of which 50 is claimed
    /// and not published, and three events.
    static let recorder = "41769512-5b8a-480c-b610-a4eb9e894c5a"

    /// The fixture has what is not zero: size u32, then offset u32, length u32 and bytes of each run.
    static func versionOne() throws -> [UInt8] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures/version-1.runs")
        var rest = Array(try Data(contentsOf: file))[...]
        func number() -> Int {
            defer { rest = rest.dropFirst(4) }
            return rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        var bytes = [UInt8](repeating: 0, count: number())
        while !rest.isEmpty {
            let (offset, length) = (number(), number())
            bytes.replaceSubrange(offset..<offset + length, with: rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return bytes
    }

    @Test("A file of version 1 is adopted with all that was recorded in it")
    func adopted() throws {
        try withDirectory { directory in
            let id = try #require(UUID(uuidString: Self.recorder))
            try write(Self.versionOne(), to: RecorderFiles.path(directory.path, id))
            let orphan = try #require(try directory.adopt(id).recorder)
            #expect(orphan.reports.isEmpty)
            #expect(orphan.identity == Sample.configuration.identity)
            #expect(orphan.steps.stream == UUID(uuidString: "C4BD3A9C-007E-48A8-BB89-24E90AF5862D"))
            #expect(orphan.events.stream == UUID(uuidString: "9C4F3D19-9F52-46EB-A55D-6ECF63EB66E6"))
            let (reading, records) = orphan.steps.all()
            #expect(reading == RingReading(positions: 10..<70, voidOffsets: [40]))
            #expect(records.allSatisfy { $0.1 == .numbered(Int($0.0)) } && records.count == 59)
            #expect(orphan.events.all().payloads == (0..<3).map { [UInt8](repeating: $0, count: 100) })
            #expect(!orphan.scalars.isPresent && !orphan.windows.isPresent && orphan.names.count == 0)
            orphan.steps.release(upTo: 70)
            orphan.close()
            let again = try #require(try directory.adopt(id).recorder)
            #expect(again.steps.level.used == 0 && again.reports.isEmpty)
            again.events.release(upTo: 3)
            try again.remove()
        }
    }

    @Test("A damaged file of version 1 is read by its copied head")
    func damaged() throws {
        try withDirectory { directory in
            let id = try #require(UUID(uuidString: Self.recorder))
            var file = try Self.versionOne()
            for offset in 0..<5_000 { file[offset] = 0xFF }
            // Where version 2 has the cursors of rings that this file does not have.
            for offset in RingKind.scalars.cursorsOffset..<FileLayout.slotsOffset { file[offset] = 0xFF }
            try write(file, to: RecorderFiles.path(directory.path, id))
            let orphan = try #require(try directory.adopt(id).recorder)
            #expect(!orphan.reports.isEmpty && orphan.steps.all().records.count == 59)
            #expect(orphan.scalars.all().reading.isEmpty && orphan.scalars.level.end == 0)
            #expect(orphan.windows.level.end == 0)
        }
    }

    @Test("A header is read as it was written, whatever rings there are")
    func headers() throws {
        for chosen in 0..<(1 << RingKind.allCases.count) {
            let kinds = RingKind.allCases.filter { chosen >> (Int($0.rawValue) - 1) & 1 == 1 }
            let layout = try #require(
                FileLayout(
                    recorder: UUID(),
                    rings: kinds.map {
                        .init(kind: $0, stream: UUID(), capacity: $0.capacities.lowerBound * 2)
                    },
                    nameCapacity: kinds.contains(.scalars) ? 3 : 0,
                    seriesCapacity: kinds.contains(.windows) ? 3 : 0,
                    instrumentCapacity: kinds.contains(.series) ? 3 : 0))
            #expect(layout.version == (kinds.contains(.series) ? 3 : 2))
            var page = [UInt8](repeating: 0, count: FileLayout.headerBytes)
            page.withUnsafeMutableBytes { FileHeader.write(layout, to: $0) }
            #expect(try FileLayout.of(page) == layout)
            // Every place is whole pages from its neighbours.
            #expect(layout.rings.allSatisfy { $0.slotsOffset % 4_096 == 0 && $0.slotsBytes % 4_096 == 0 })
            #expect(layout.namesOffset % 4_096 == 0 && layout.monitorsOffset % 4_096 == 0)
            #expect(layout.instrumentsOffset % 4_096 == 0)
            #expect(layout.fileBytes % 4_096 == 0)
        }
    }

    @Test("Geometries that no recorder has are no layouts")
    func implausible() {
        func layout(
            _ version: UInt32, _ rings: [(RingKind, Int)], names: Int = 0, series: Int = 0,
            instruments: Int = 0
        ) -> FileLayout? {
            FileLayout(
                version: version, recorder: UUID(),
                rings: rings.map { .init(kind: $0.0, stream: UUID(), capacity: $0.1) },
                nameCapacity: names, seriesCapacity: series, instrumentCapacity: instruments)
        }
        #expect(layout(1, [(.steps, 64), (.events, 8)]) != nil)
        #expect(layout(1, [(.steps, 64)]) == nil)
        #expect(layout(3, [(.steps, 64), (.events, 8)]) == nil)
        #expect(layout(2, [(.events, 8), (.steps, 64)]) == nil)
        #expect(layout(2, [(.steps, 64), (.steps, 64)]) == nil)
        #expect(layout(2, [(.steps, 65)]) == nil)
        #expect(layout(2, [(.steps, .max)]) == nil)
        #expect(layout(2, [(.scalars, 64)]) == nil)
        #expect(layout(2, [(.scalars, 64)], names: 65_537) == nil)
        #expect(layout(2, [(.steps, 64)], names: 1) == nil)
        #expect(layout(2, [(.windows, 8)], series: 257) == nil)
        #expect(layout(2, [(.steps, 64)], series: 1) == nil)
        #expect(layout(3, [(.series, 128)], instruments: 1) != nil)
        #expect(layout(2, [(.series, 128)], instruments: 1) == nil)
        #expect(layout(3, [(.series, 128)], instruments: 8_193) == nil)
        #expect(layout(3, [(.series, 64)], instruments: 1) == nil)
        #expect(layout(4, [(.series, 128)], instruments: 1) == nil)
    }
}
