import Testing

@testable import HyperstepRecorder

@Suite("The table of names")
struct NameTableTests {
    @Test("A name has one number and its first unit, from every thread and however often it is asked for")
    func intern() throws {
        try withDirectory { directory in
            let table = try directory.create(.everything).names
            #expect(table.intern(name: "val/top5", unit: "1") == MetricID(rawValue: 0))
            #expect(table.intern(name: "val/top5", unit: "%") == MetricID(rawValue: 0))
            // The same letter, spelt in one scalar and in two: other bytes, and so another name.
            #expect(table.intern(name: "caf\u{e9}", unit: "%") == MetricID(rawValue: 1))
            #expect(table.intern(name: "cafe\u{301}", unit: "%") == MetricID(rawValue: 2))
            let found = Guarded<[MetricID?]>([])
            onThreads(4) { _ in
                for name in ["a", "b", "c"] {
                    let id = table.intern(name: name, unit: "")
                    found.withLock { $0.append(id) }
                }
            }
            #expect(Set(found.withLock { $0 }).count == 3 && table.count == 6)
            #expect(table[MetricID(rawValue: 0)] == MetricName(name: "val/top5", unit: "1"))
            #expect(table[MetricID(rawValue: 6)] == nil && table[MetricID(rawValue: .max)] == nil)
        }
    }

    @Test("A full table refuses new names, counts them, and asks once to be reported; old names stay")
    func full() throws {
        try withDirectory { directory in
            let table = try directory.create(.everything).names
            for number in 0..<8 { #expect(table.intern(name: "m\(number)", unit: "") != nil) }
            #expect(!table.shouldReportRefusal())
            for number in 8..<11 { #expect(table.intern(name: "m\(number)", unit: "") == nil) }
            #expect(table.refused == 3)
            #expect(table.shouldReportRefusal() && !table.shouldReportRefusal())
            #expect(table.intern(name: "m3", unit: "") == MetricID(rawValue: 3))
        }
    }

    @Test("The longest name and unit fit; longer ones, and an empty name, are refused")
    func lengths() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.everything)
            let name = String(repeating: "é", count: 128)
            let unit = String(repeating: "u", count: 64)
            #expect(recorder.names.intern(name: name, unit: unit) != nil)
            #expect(recorder.names.intern(name: name + "x", unit: unit) == nil)
            #expect(recorder.names.intern(name: "a", unit: unit + "u") == nil)
            #expect(recorder.names.intern(name: "", unit: "") == nil)
            #expect(recorder.names.intern(name: "a\0", unit: "") == nil)
            #expect(recorder.names.refused == 4)
            recorder.close()
            let orphan = try #require(try directory.adopt(recorder.id).recorder)
            #expect(orphan.reports.isEmpty)
            #expect(orphan.names[MetricID(rawValue: 0)] == MetricName(name: name, unit: unit))
            #expect(orphan.names.refused == 4 && orphan.names.intern(name: "new", unit: "") == nil)
        }
    }

    @Test("A name is there for those who see its number, while other threads add names")
    func concurrentReading() throws {
        try withDirectory { directory in
            var configuration = RecorderConfiguration.everything
            configuration.nameCapacity = 1_024
            let table = try directory.create(configuration).names
            onThreads(3) { thread in
                if thread < 2 {
                    for number in 0..<512 { _ = table.intern(name: "\(thread)/\(number)", unit: "1") }
                } else {
                    while table.count < 1_024 {
                        let newest = MetricID(rawValue: UInt32(max(table.count, 1) - 1))
                        if table.count > 0 { #expect(table[newest]?.unit == "1") }
                    }
                }
            }
        }
    }

    @Test("A name whose writer was killed before it counted does not exist")
    func unfinished() throws {
        try withDirectory { directory in
            let recorder = try directory.create(.everything)
            _ = recorder.names.intern(name: "whole", unit: "")
            let image = try bytes(of: recorder.path)
            _ = recorder.names.intern(name: "half", unit: "")
            var killed = try bytes(of: recorder.path)
            let place = try FileLayout.of(image).namesOffset
            killed[place] = 1
            recorder.close()
            try write(killed, to: recorder.path)
            let orphan = try #require(try directory.adopt(recorder.id).recorder)
            #expect(orphan.names.count == 1 && orphan.reports.isEmpty)
            #expect(orphan.names[MetricID(rawValue: 0)]?.name == "whole")
        }
    }
}

extension FileLayout {
    /// The layout that a file's header says.
    static func of(_ file: [UInt8]) throws -> FileLayout {
        try file.withUnsafeBytes { try FileHeader.read(.init(rebasing: $0[..<headerBytes])) }
    }
}
