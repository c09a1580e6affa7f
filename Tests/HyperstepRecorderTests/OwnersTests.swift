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

@Suite("Whose files these are")
struct OwnersTests {
    private static let isRoot = getuid() == 0
    private static let why: Comment = "files of another user can be made by root only"

    @Test(
        "A file of another user is not looked into, unless everybody's are asked for",
        .enabled(if: isRoot, why))
    func scan() throws {
        try withDirectory { directory in
            let id = try directory.create(Sample.configuration).id
            let file = RecorderFiles.path(directory.path, id)
            #expect(chown(file, 65_534, 65_534) == 0)
            let scan = try directory.scan()
            #expect(scan.orphans.isEmpty && scan.live.isEmpty && scan.reports.isEmpty)
            #expect(scan.leftAlone.map(\.path) == [file])
            #expect(scan.leftAlone.first?.isOfAnotherUser == true)
            #expect(try directory.scan(of: .everybody).orphans == [id])
        }
    }

    @Test("What root sets aside stays its owner's, in a folder of the owner's", .enabled(if: isRoot, why))
    func setAside() throws {
        try withDirectory { directory in
            let file = directory.path + "/damaged.hyperstep"
            try write([1, 2, 3], to: file)
            #expect(chown(file, 65_534, 65_534) == 0)
            let place = try RecorderFiles.setAside(file)
            #expect(try Libc.owner(of: place) == 65_534)
            #expect(try Libc.owner(of: directory.path + "/set-aside") == 65_534)
            // Another's folder takes nothing of mine.
            let mine = directory.path + "/mine.hyperstep"
            try write([1, 2, 3], to: mine)
            #expect(throws: RecorderError.self) { try RecorderFiles.setAside(mine) }
            #expect(try bytes(of: mine) == [1, 2, 3])
        }
    }

    @Test("A link in the place of the folder set-aside is not followed")
    func link() throws {
        try withDirectory { directory in
            try withDirectory { elsewhere in
                #expect(symlink(elsewhere.path, directory.path + "/set-aside") == 0)
                let file = directory.path + "/damaged.hyperstep"
                try write([1, 2, 3], to: file)
                let report = try #require(try directory.scan().reports.first)
                #expect(report.outcome == .leftAlone)
                #expect(try bytes(of: file) == [1, 2, 3])
                #expect(try Libc.names(in: elsewhere.path).isEmpty)
            }
        }
    }

    @Test("A spool file of another user is not taken for the recorder's", .enabled(if: isRoot, why))
    func spool() throws {
        try withDirectory { directory in
            let recorder = try directory.create(Sample.configuration)
            let stream = UUID()
            let spool = try Spool(
                directory: directory, recorder: recorder.id, stream: stream, budget: SpoolBudget())
            #expect(try spool.append([1, 2, 3], first: 0, count: 1))
            let name = try #require(try Libc.names(in: directory.path).first { $0.hasSuffix(".spool") })
            #expect(chown(directory.path + "/" + name, 65_534, 65_534) == 0)
            let again = try Spool(
                directory: directory, recorder: recorder.id, stream: stream, budget: SpoolBudget())
            #expect(again.end == nil)
            #expect(again.reports.map(\.outcome) == [.leftAlone])
        }
    }

    @Test(
        "A directory is shared where another owns it or everybody may write, and only then has folders of users"
    )
    func shared() throws {
        try withDirectory { directory in
            let own = directory.path + "/user-\(geteuid())"
            for (mode, isShared) in [
                (0o700, false), (0o755, false), (0o775, false), (0o777, true), (0o1777, true),
            ] {
                #expect(chmod(directory.path, mode_t(mode)) == 0)
                #expect(UserDirectory.path(in: directory.path) == (isShared ? own : nil))
            }
            #expect(UserDirectory.path(in: directory.path + "/none") == nil)
            #expect(chmod(directory.path, 0o755) == 0)
            if Self.isRoot {
                #expect(chown(directory.path, 65_534, 65_534) == 0)
                #expect(UserDirectory.path(in: directory.path) == own)
            }
            try UserDirectory.make(own)
            #expect(
                try UserDirectory.all(in: directory.path).directories.map(\.path) == [directory.path, own])
        }
    }
}

@Suite("Recorders without a file, and small ones")
struct PlaceTests {
    @Test("A recorder in memory records, releases and ends as any other, and leaves no file")
    func inMemory() throws {
        let recorder = try Recorder.inMemory(Sample.configuration)
        #expect(recorder.isInMemory && !recorder.isOrphan)
        for number in 0..<100 { recorder.steps.record(.numbered(number)) }
        #expect(recorder.steps.all().records.count == 64)
        recorder.steps.release(upTo: 64)
        recorder.steps.record(.numbered(64))
        #expect(recorder.steps.all(from: 64).records.map(\.1.step) == [64])
        let spool = Spool(without: recorder.id, stream: recorder.steps.stream)
        #expect(try !spool.append([1], first: 0, count: 1))
        #expect(try spool.next() == nil && spool.isEmpty)
        recorder.steps.release(upTo: 65)
        try recorder.remove()
    }

    #if os(Linux)
        @Test(
            "A closed recorder gives back the disk space of what holds nothing, and loses no record",
            arguments: [(0, 10), (0, 65_536), (70_000, 70_010), (60_000, 100_000)])
        func closed(released: Int, recorded: Int) throws {
            try withDirectory { directory in
                let recorder = try directory.create(RecorderConfiguration())
                let whole = try Libc.status(at: recorder.path).st_blocks
                for number in 0..<released {
                    recorder.steps.record(.numbered(number)); recorder.steps.release(upTo: UInt64(number + 1))
                }
                for number in released..<recorded { recorder.steps.record(.numbered(number)) }
                // Recording goes on without a hole: only a closed one has them.
                #expect(try Libc.status(at: recorder.path).st_blocks == whole)
                #expect(recorder.close())
                let blocks = try Libc.status(at: recorder.path).st_blocks
                #expect(
                    Int(blocks) * 512 <= (recorded - released) * 128 + 300_000,
                    "\(blocks * 512) of \(whole * 512)")
                let orphan = try #require(try directory.adopt(recorder.id).recorder)
                #expect(orphan.reports.isEmpty, "\(orphan.reports)")
                #expect(
                    orphan.steps.all(from: UInt64(released)).records.map { Int($0.1.step) }
                        == Array(released..<recorded))
            }
        }
    #endif
}
