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

/// A dead program's file, locked by us, on its way to becoming a ``Recorder``.
struct OrphanFile {
    /// The constant part, from the start of the file or else from the copy at its end.
    struct Head: Sendable {
        let layout: FileLayout
        let identity: [UInt8]
        let reports: [RecorderReport]
    }

    let descriptor: Int32
    let path: String
    let size: Int
    let head: Result<Head, FileHeader.Unreadable>

    init(descriptor: Int32, path: String, id: UUID) throws(Libc.Failure) {
        self.descriptor = descriptor
        self.path = path
        let status = try Libc.status(of: descriptor)
        guard Libc.isRegularFile(status) else {
            size = 0
            head = .failure(.init(expected: "a regular file", found: "something else"))
            return
        }
        size = Int(status.st_size)
        head = Self.readHead(
            first: try Self.bytes(descriptor, at: 0, count: min(size, FileLayout.headBytes)),
            copy: try Self.bytes(
                descriptor, at: size - FileLayout.headBytes,
                count: size >= 2 * FileLayout.headBytes ? FileLayout.headBytes : 0),
            path: path, id: id)
    }

    private static func bytes(_ descriptor: Int32, at offset: Int, count: Int) throws(Libc.Failure) -> [UInt8]
    {
        var bytes = [UInt8](repeating: 0, count: count)
        var failure: Libc.Failure?
        let done = bytes.withUnsafeMutableBytes { buffer in
            do {
                return try Libc.read(descriptor, into: buffer, at: offset)
            } catch let caught as Libc.Failure {
                failure = caught
            } catch {
                preconditionFailure("read throws nothing else")
            }
            return 0
        }
        if let failure { throw failure }
        bytes.removeLast(count - done)
        return bytes
    }

    /// Header and identity each from where they are whole.
    private static func readHead(
        first: [UInt8], copy: [UInt8], path: String, id: UUID
    ) -> Result<Head, FileHeader.Unreadable> {
        var reports: [RecorderReport] = []
        func report(expected: String, found: String) {
            reports.append(
                RecorderReport(
                    path: path, recorder: id, expected: expected, found: found, outcome: .partlyReadable))
        }
        let layout: FileLayout
        do throws(FileHeader.Unreadable) {
            layout = try header(first)
        } catch let unreadable {
            guard !unreadable.isOtherVersion, let spare = try? header(copy) else {
                return .failure(unreadable)
            }
            layout = spare
            report(expected: unreadable.expected, found: unreadable.found)
        }
        // The name is how everybody finds the file and its spool: another recorder's bytes under it are a copy
        // that somebody made, and shipping both would be shipping twice.
        guard layout.recorder == id else {
            return .failure(.init(expected: "the recorder that the name says", found: "\(layout.recorder)"))
        }
        if let identity = identity(first) {
            return .success(Head(layout: layout, identity: identity, reports: reports))
        }
        report(expected: "an identity with its checksum", found: "damaged bytes")
        guard let identity = identity(copy) else {
            return .failure(.init(expected: "an identity with its checksum", found: "damaged bytes, twice"))
        }
        return .success(Head(layout: layout, identity: identity, reports: reports))
    }

    private static func header(_ head: [UInt8]) throws(FileHeader.Unreadable) -> FileLayout {
        let result = head.prefix(FileLayout.headerBytes).withUnsafeBytes { page in
            Result { () throws(FileHeader.Unreadable) in try FileHeader.read(page) }
        }
        return try result.get()
    }

    private static func identity(_ head: [UInt8]) -> [UInt8]? {
        head.dropFirst(FileLayout.headerBytes).withUnsafeBytes { FileIdentity.read($0) }
    }
}

extension OrphanFile {
    /// Reads the file and mends what does not fit. Takes over the descriptor, also when it throws.
    func recorder(_ head: Head) throws(Libc.Failure) -> Recorder {
        let layout = head.layout
        let memory = try RecorderMemory.copy(descriptor, count: layout.fileBytes)
        let readable = min(size, layout.fileBytes)
        let done = try Libc.read(descriptor, into: .init(start: memory.base, count: readable), at: 0)
        var reports = head.reports
        func report(_ expected: String, _ found: String) {
            reports.append(
                RecorderReport(
                    path: path, recorder: layout.recorder, expected: expected, found: found,
                    outcome: .partlyReadable))
        }
        if done < layout.fileBytes { report("\(layout.fileBytes) bytes", "\(done)") }
        let parts = RecorderParts(layout: layout, memory: memory, isOrphan: true, amends: false)
        for kind in RingKind.allCases {
            RingMending(core: parts.core(kind, .drop), kind: kind).mend(report)
        }
        parts.names.mend(report)
        MonitorMending(place: parts.monitors, end: parts.core(.windows, .drop).end).mend(report)
        InstrumentMending(
            place: parts.instruments, memory: memory, end: parts.core(.series, .drop).end
        ).mend(report)
        return Recorder(
            layout: layout, path: path, identity: head.identity, memory: memory, whenFull: .drop,
            isOrphan: true, reports: reports)
    }
}
