import Testing

@testable import HyperstepRecorder

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("A full disk", .serialized)
struct FullDiskTests {
    @Test("A file size limit refuses a batch and leaves no trace of it; smaller ones still go in")
    func fileSizeLimit() throws {
        // SIGXFSZ ends the process unless it is ignored. The limit holds for the whole process while it is set,
        // and hits only files that no other test makes.
        signal(SIGXFSZ, SIG_IGN)
        try withDirectory { directory in
            let spool = try Spool.sample(directory)
            #expect(try spool.append(0))
            let before = spool.bytes
            let limit = FileSizeLimit(bytes: 64 << 20)
            defer { limit.lift() }
            #expect(try !spool.append([UInt8](repeating: 5, count: 64 << 20), first: 10, count: 10))
            #expect(spool.bytes == before)
            let name = try #require(try Libc.names(in: directory.path).first)
            #expect(try Libc.status(at: directory.path + "/" + name).st_size == before)
            #expect(try spool.append(1))
            #expect(try spool.rest() == [.sample(0), .sample(1)])
        }
    }

    #if os(Linux)
        @Test(
            "On a full disk a recorder is refused with what to do, and the spool refuses until there is room")
        func smallDisk() throws {
            try withDirectory { outside in
                // Needs the right to mount, which not every machine that runs tests gives.
                guard mount("tmpfs", outside.path, "tmpfs", 0, "size=1m") == 0 else { return }
                defer { umount2(outside.path, Int32(MNT_DETACH)) }
                let error = #expect(throws: RecorderError.self) {
                    try outside.create(RecorderConfiguration())
                }
                #expect(error?.code == .noSpace && error?.advice.contains("free some space") == true)
                #expect(try Libc.names(in: outside.path).isEmpty)

                let spool = try Spool.sample(outside, fileBytes: 200_000)
                let payload = [UInt8](repeating: 1, count: 100_000)
                var count: UInt64 = 0
                while try spool.append(payload, first: count, count: 1) { count += 1 }
                #expect(count > 5 && count <= 10)
                #expect(try !spool.append(payload, first: count, count: 1))
                try spool.acknowledge(upTo: 4)
                #expect(try spool.append(payload, first: count, count: 1))
                #expect(try spool.rest().count == Int(count) + 1 - 4)
                // Whoever opens it next finds whole batches and no damage.
                let again = try Spool(
                    directory: outside, recorder: Spool.sampleRecorder, stream: spool.stream,
                    budget: SpoolBudget())
                #expect(again.reports.isEmpty)
                #expect(try again.rest().count == Int(count) + 1 - 4)
            }
        }
    #endif
}

/// The most that this process may write to one file, until lifted.
private struct FileSizeLimit {
    private var old = rlimit()

    #if canImport(Glibc)
        private static let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
    #else
        private static let resource = RLIMIT_FSIZE
    #endif

    init(bytes: Int) {
        getrlimit(Self.resource, &old)
        var new = rlimit(rlim_cur: rlim_t(bytes), rlim_max: old.rlim_max)
        setrlimit(Self.resource, &new)
    }

    func lift() {
        var old = old
        setrlimit(Self.resource, &old)
    }
}
