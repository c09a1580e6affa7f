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

@Suite("The recorder's file")
struct RecorderFileTests {
    @Test("A new recorder is one whole file, for its owner's eyes alone, with its space reserved")
    func made() throws {
        try withDirectory { directory in
            var configuration = RecorderConfiguration()
            configuration.identity = Array("who I am".utf8)
            let recorder = try directory.create(configuration)
            let names = try Libc.names(in: directory.path)
            #expect(names == ["\(recorder.id.uuidString.lowercased()).hyperstep"])
            let file = try Libc.status(at: recorder.path)
            #expect(file.st_mode & 0o777 == 0o600)
            #expect(try Libc.status(at: directory.path).st_mode & 0o777 == 0o700)
            #expect(Int(file.st_blocks) * 512 >= Int(file.st_size))
            #expect(!recorder.isOrphan && recorder.reports.isEmpty)
            #expect(recorder.steps.stream != recorder.events.stream)
            #expect(recorder.steps.level.capacity == 65_536 && recorder.events.level.capacity == 64)
        }
    }

    @Test("A missing path of directories is made")
    func nested() throws {
        try withDirectory { directory in
            let inner = try RecorderDirectory(path: directory.path + "/a/b/c/")
            _ = try inner.create(RecorderConfiguration())
            #expect(inner.path == directory.path + "/a/b/c")
        }
    }

    @Test("A setting out of its range is named", arguments: [1, 32, 63, 65, 100, 2_097_152, -64])
    func settings(capacity: Int) {
        var configuration = RecorderConfiguration()
        configuration.stepCapacity = capacity
        let error = #expect(throws: RecorderError.self) { try configuration.validate() }
        #expect(error?.code == .invalidSetting && error?.path == "stepCapacity")
    }

    @Test("An identity too long is refused; the longest is kept")
    func identityLength() throws {
        try withDirectory { directory in
            var configuration = RecorderConfiguration()
            configuration.identity = [UInt8](repeating: 7, count: 65_537)
            #expect(throws: RecorderError.self) { try directory.create(configuration) }
            configuration.identity.removeLast()
            let recorder = try directory.create(configuration)
            let id = recorder.id
            recorder.close()
            #expect(try directory.adopt(id).recorder?.identity == configuration.identity)
        }
    }

    @Test("Where the state directory cannot be, the error names it and says what to do")
    func noDirectory() throws {
        try withDirectory { directory in
            let file = directory.path + "/file"
            try write([1], to: file)
            for path in [file, file + "/below", "/dev/null/x", "/proc/nowhere"] {
                let error = #expect(throws: RecorderError.self) { try RecorderDirectory(path: path) }
                #expect(error?.code == .directory)
                #expect(error?.path == path)
                #expect(error?.advice.contains("choose a state directory") == true)
            }
        }
    }

    @Test("A directory that vanished is an error, not a trap")
    func vanished() throws {
        let directory = try withDirectory { $0 }
        let error = #expect(throws: RecorderError.self) { try directory.create(RecorderConfiguration()) }
        #expect(error?.path == directory.path && error?.code == .directory)
        #expect(throws: RecorderError.self) { try directory.scan() }
    }

    @Test("A recorder is live while it is held, an orphan after it, and gone once removed")
    func life() throws {
        try withDirectory { directory in
            let recorder = try directory.create(RecorderConfiguration())
            recorder.steps.record(.numbered(0))
            #expect(try directory.scan().live == [recorder.id])
            #expect(try directory.adopt(recorder.id).isLive)
            #expect(recorder.close())
            #expect(!recorder.steps.record(.numbered(1)))
            #expect(try directory.scan().orphans == [recorder.id])

            let orphan = try #require(try directory.adopt(recorder.id).recorder)
            #expect(orphan.isOrphan && orphan.steps.stream == recorder.steps.stream)
            #expect(try directory.adopt(recorder.id).isLive)
            #expect(orphan.steps.all().records.map(\.1) == [.numbered(0)])
            let refusal = #expect(throws: RecorderError.self) { try orphan.remove() }
            #expect(refusal?.code == .notEmpty)
            orphan.steps.release(upTo: 1)
            #expect(orphan.isDrained)
            try orphan.remove()
            #expect(try directory.adopt(recorder.id).isGone)
            #expect(try Libc.names(in: directory.path).isEmpty)
        }
    }

    @Test("What an adopter released stays released for the next")
    func releasesPersist() throws {
        try withDirectory { directory in
            let recorder = try directory.create(RecorderConfiguration())
            for number in 0..<10 { recorder.steps.record(.numbered(number)) }
            for number in 0..<3 { recorder.events.record([UInt8(number)]) }
            recorder.steps.release(upTo: 2)
            recorder.close()
            do {
                let first = try #require(try directory.adopt(recorder.id).recorder)
                first.steps.release(upTo: 7)
                first.events.release(upTo: 1)
                first.close()
            }
            let second = try #require(try directory.adopt(recorder.id).recorder)
            #expect(second.steps.all().records.map(\.0) == [7, 8, 9])
            #expect(second.events.all().payloads == [[1], [2]])
        }
    }

    @Test("A recorder that nobody holds any more gives up its lock, and its producers' last records are kept")
    func dropped() throws {
        try withDirectory { directory in
            var recorder: Recorder? = try directory.create(RecorderConfiguration())
            let id = try #require(recorder?.id)
            var ring = recorder?.steps
            recorder = nil
            // The ring alone keeps the mapping, and the lock with it.
            #expect(ring?.record(.numbered(5)) == true)
            #expect(try directory.adopt(id).isLive)
            ring = nil
            #expect(try directory.adopt(id).recorder?.steps.all().records.map(\.1.step) == [5])
        }
    }

    @Test("Late producers write into a removed recorder without harm")
    func late() throws {
        try withDirectory { directory in
            let recorder = try directory.create(RecorderConfiguration())
            try recorder.remove()
            #expect(!recorder.steps.record(.numbered(0)))
            #expect(recorder.events.record([1]) == .dropped)
            #expect(recorder.steps.level.dropped == 1)
        }
    }

    @Test("Warming pages changes nothing, wherever the tail stands")
    func warming() throws {
        try withDirectory { directory in
            var configuration = RecorderConfiguration()
            configuration.stepCapacity = 64
            let ring = try directory.create(configuration).steps
            for number in 0..<200 {
                ring.warm(slots: number)
                #expect(ring.record(.numbered(number)))
                #expect(ring.all().records.map(\.1) == [.numbered(number)])
                ring.release(upTo: UInt64(number + 1))
            }
        }
    }

    @Test("Adopting from a directory that can only be read works")
    func readOnly() throws {
        try withDirectory { directory in
            let recorder = try directory.create(RecorderConfiguration())
            recorder.steps.record(.numbered(0))
            recorder.close()
            chmod(recorder.path, 0o400)
            let orphan = try #require(try directory.adopt(recorder.id).recorder)
            #expect(orphan.steps.all().records.count == 1)
            orphan.steps.release(upTo: 1)
            #expect(orphan.isDrained)
        }
    }

    @Test("Of many adopters of one orphan exactly one gets it")
    func race() throws {
        try withDirectory { directory in
            for _ in 0..<20 {
                let recorder = try directory.create(RecorderConfiguration())
                recorder.close()
                let winners = Winners()
                onThreads(4) { _ in
                    if let won = try? directory.adopt(recorder.id).recorder { winners.add(won) }
                }
                #expect(winners.count == 1)
                try winners.removeAll()
                #expect(try directory.adopt(recorder.id).isGone)
            }
        }
    }
}
