import Testing

@testable import HyperstepRecorder

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Recovery of orphans")
struct RecoveryTests {
    @Test("A position claimed and never published is a void, and only until the last published one")
    func voids() throws {
        try withDirectory { directory in
            let id = try {
                let recorder = try directory.create(Sample.configuration)
                recorder.steps.record(.numbered(0))
                _ = recorder.steps.core.claim()
                recorder.steps.record(.numbered(2))
                _ = recorder.steps.core.claim()
                _ = recorder.events.core.claim()
                return recorder.id
            }()
            let orphan = try #require(try directory.adopt(id).recorder)
            #expect(orphan.reports.isEmpty)
            #expect(orphan.steps.all().reading == RingReading(positions: 0..<3, voidOffsets: [1]))
            #expect(orphan.steps.all().records.map(\.1.step) == [0, 2])
            #expect(orphan.events.all().reading.isEmpty)
            #expect(orphan.isDrained == false)
        }
    }

    @Test("A slot whose producer died while writing over an old record is a void, not the old record")
    func overwritten() throws {
        try withDirectory { directory in
            let id = try {
                let recorder = try directory.create(Sample.configuration)
                for number in 0..<64 { recorder.steps.record(.numbered(number)) }
                recorder.steps.release(upTo: 2)
                let position = try #require(recorder.steps.core.claim())
                let slot = recorder.steps.core.slot(position, bytes: StepRing.slotBytes)
                slot.storeBytes(
                    of: StepRecord.numbered(64), toByteOffset: StepRing.recordOffset, as: StepRecord.self)
                recorder.steps.record(.numbered(65))
                return recorder.id
            }()
            let orphan = try #require(try directory.adopt(id).recorder)
            let (reading, records) = orphan.steps.all()
            #expect(reading == RingReading(positions: 2..<66, voidOffsets: [62]))
            #expect(records.map { Int($0.1.step) } == Array(2..<64) + [65])
        }
    }

    @Test("Closing while a producer is between claim and publication keeps the lock")
    func unsettled() throws {
        try withDirectory { directory in
            let recorder = try directory.create(Sample.configuration)
            let position = try #require(recorder.steps.core.claim())
            #expect(!recorder.close())
            #expect(try directory.adopt(recorder.id).isLive)
            recorder.steps.core.publish(
                position, in: recorder.steps.core.slot(position, bytes: StepRing.slotBytes))
            #expect(recorder.close())
            #expect(try directory.adopt(recorder.id).recorder != nil)
        }
    }

    @Test("A file cut off anywhere never crashes: what is left of it is offered, and a report says so")
    func truncated() throws {
        try withDirectory { directory in
            let sample = try Sample(directory)
            let layout = try FileHeader.read(sample.whole.withUnsafeBytes { .init(rebasing: $0[..<4_096]) })
            let slots = layout.rings[0].slotsOffset
            var sizes = Array(stride(from: 0, through: sample.whole.count - 1, by: 1_024))
            sizes += [
                1, 4_095, 4_097, slots - 1, slots + 7, slots + 8, slots + 103, slots + 104,
                sample.whole.count - 1,
            ]
            for size in sizes {
                try write(Array(sample.whole[..<size]), to: sample.path)
                let adoption = try directory.adopt(sample.id)
                if let orphan = adoption.recorder {
                    #expect(!orphan.reports.isEmpty, "size \(size)")
                    #expect(size >= FileLayout.headerBytes + 16 + Sample.configuration.identity.count)
                    let records = orphan.steps.all().records
                    #expect(records.allSatisfy { $0.1 == .numbered(Int($0.0)) } || size < slots + 64 * 128)
                    if size >= slots + 64 * 128 {
                        #expect(records.map(\.0) == Array(10..<70), "size \(size)")
                    }
                } else {
                    #expect(
                        adoption.report?.outcome == .setAside("\(directory.path)/set-aside/\(sample.name)"))
                    try FileManager.default.removeItem(atPath: "\(directory.path)/set-aside/\(sample.name)")
                }
            }
        }
    }

    @Test("Damage to any byte of the header, or of the identity, loses nothing: both are there twice")
    func headDamage() throws {
        try withDirectory { directory in
            let sample = try Sample(directory)
            let copy = sample.whole.count - FileLayout.headBytes
            let used = Array(0..<256) + [4_000, 4_092, 4_095] + Array(4_096..<4_104) + Array(4_112..<4_120)
            for offset in used {
                var damaged = sample.whole
                damaged[offset] ^= 0x10
                try write(damaged, to: sample.path)
                let adoption = try directory.adopt(sample.id)
                // The version is looked at only under a right checksum, and so is all else but the byte order.
                let orphan = try #require(adoption.recorder, "offset \(offset)")
                #expect(orphan.reports.count == 1 && orphan.reports[0].outcome == .partlyReadable)
                #expect(orphan.identity == Sample.configuration.identity)
                #expect(orphan.steps.stream == sample.stepStream)
                #expect(orphan.steps.all().records.map(\.0) == Array(10..<70))

                orphan.close()
                damaged[copy + offset] ^= 0x10
                try write(damaged, to: sample.path)
                let twice = try directory.adopt(sample.id)
                guard case .setAside(let place)? = twice.report?.outcome else {
                    Issue.record("offset \(offset): \(twice)")
                    continue
                }
                #expect(try bytes(of: place) == damaged)
                try FileManager.default.removeItem(atPath: place)
            }
        }
    }

    @Test("A damaged orphan is set aside, not deleted, when it is removed, and was not written to")
    func evidence() throws {
        try withDirectory { directory in
            let sample = try Sample(directory)
            var damaged = sample.whole
            damaged[20] ^= 1
            try write(damaged, to: sample.path)
            let orphan = try #require(try directory.adopt(sample.id).recorder)
            orphan.steps.release(upTo: 70)
            orphan.events.release(upTo: 3)
            try orphan.remove()
            #expect(try bytes(of: "\(directory.path)/set-aside/\(sample.name)") == damaged)
            #expect(try directory.adopt(sample.id).isGone)
        }
    }

    @Test("A file of another version or byte order is left alone, for those who can read it")
    func otherVersion() throws {
        try withDirectory { directory in
            let sample = try Sample(directory)
            var newer = sample.whole
            newer[8] = 4
            let checksum = CRC32C.of(Array(newer[..<4_092]))
            newer.withUnsafeMutableBytes { $0.storeBytes(of: checksum, toByteOffset: 4_092, as: UInt32.self) }
            var swapped = sample.whole
            swapped[12..<16].reverse()
            for bytes in [newer, swapped] {
                try write(bytes, to: sample.path)
                let report = try #require(try directory.adopt(sample.id).report)
                #expect(report.outcome == .leftAlone)
                #expect(try HyperstepRecorderTests.bytes(of: sample.path) == bytes)
            }
        }
    }

    @Test("A copy of a recorder under another name is set aside: shipping both would ship twice")
    func copied() throws {
        try withDirectory { directory in
            let sample = try Sample(directory)
            let other = UUID()
            try write(sample.whole, to: RecorderFiles.path(directory.path, other))
            #expect(try directory.adopt(other).report?.expected == "the recorder that the name says")
        }
    }

    @Test("A scan sets strangers aside, deletes what was never finished, and blocks on nothing")
    func strangers() throws {
        try withDirectory { directory in
            let sample = try Sample(directory)
            try write([1, 2, 3], to: directory.path + "/not-a-uuid.hyperstep")
            try FileManager.default.createDirectory(
                atPath: RecorderFiles.path(directory.path, UUID()), withIntermediateDirectories: false)
            mkfifo(RecorderFiles.path(directory.path, UUID()), 0o600)
            symlink(sample.path, RecorderFiles.path(directory.path, UUID()))
            try write([], to: RecorderFiles.path(directory.path, UUID(), RecorderFiles.unfinishedSuffix))
            try write([1], to: directory.path + "/notes.txt")
            let scan = try directory.scan()
            #expect(scan.orphans == [sample.id])
            #expect(scan.reports.count == 4)
            #expect(scan.reports.allSatisfy { if case .setAside = $0.outcome { true } else { false } })
            #expect(try Libc.names(in: directory.path) == ([sample.name, "notes.txt", "set-aside"]).sorted())
            #expect(try directory.scan().reports.isEmpty)
        }
    }

    @Test("The densest window of positions is found, and of two the later")
    func windows() {
        #expect(RingMending.densestWindow([], capacity: 4) == 0..<0)
        #expect(RingMending.densestWindow([5], capacity: 4) == 5..<6)
        #expect(RingMending.densestWindow([1, 2, 3, 900], capacity: 4) == 1..<4)
        #expect(RingMending.densestWindow([1, 2, 100, 101], capacity: 4) == 100..<102)
        #expect(RingMending.densestWindow([0, 1, 2, 3, 4, 5], capacity: 4) == 2..<6)
    }
}
