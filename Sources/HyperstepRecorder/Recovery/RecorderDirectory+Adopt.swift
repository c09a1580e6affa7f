#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What came of an adoption.
public enum Adoption: Sendable {
    /// The recorder is this program's now. Its ``Recorder/reports`` say what was damaged, if anything.
    case adopted(Recorder)
    /// Another program has it, its owner or an adopter.
    case live
    /// It is no longer there: somebody else adopted it and was done.
    case gone
    /// Nothing in the file can be used. It was set aside, or left alone if another version made it.
    case unreadable(RecorderReport)
}

extension RecorderDirectory {
    /// Takes over a recorder that nobody holds.
    ///
    /// The file is read into memory under its lock and never mapped, so that neither a short file nor one that
    /// another program cuts off can raise SIGBUS; releases are written through to a whole file, and a damaged
    /// one is left as found. Works on a directory that can only be read; what was released is then not kept.
    ///
    /// Throws only for failures of the file system (permission, I/O).
    public func adopt(_ id: UUID) throws(RecorderError) -> Adoption {
        let file = RecorderFiles.path(path, id)
        let descriptor: Int32
        do {
            descriptor = try Self.openForAdoption(file)
        } catch {
            if error.isMissing { return .gone }
            throw .failed("open the recorder", file, error)
        }
        do {
            if let refusal = try Self.refusal(descriptor, file) {
                close(descriptor)
                return refusal
            }
        } catch {
            close(descriptor)
            throw .failed("lock the recorder", file, error)
        }
        do {
            return try adopt(descriptor, file: file, id: id)
        } catch {
            throw .failed("read the recorder", file, error)
        }
    }

    /// Takes the lock, or says why the file is not to be had.
    private static func refusal(_ descriptor: Int32, _ file: String) throws(Libc.Failure) -> Adoption? {
        guard try Libc.lock(descriptor, exclusively: true) else { return .live }
        // Between opening and locking its adopter may have finished and deleted it.
        return Libc.isSameFile(descriptor, file) ? nil : .gone
    }

    private static func openForAdoption(_ file: String) throws(Libc.Failure) -> Int32 {
        do {
            return try Libc.open(file, O_RDWR | O_NONBLOCK | O_NOFOLLOW)
        } catch  where error.isReadOnly {
            return try Libc.open(file, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
        }
    }

    /// Takes over the descriptor.
    private func adopt(_ descriptor: Int32, file: String, id: UUID) throws(Libc.Failure) -> Adoption {
        let orphan: OrphanFile
        do {
            orphan = try OrphanFile(descriptor: descriptor, path: file, id: id)
        } catch {
            close(descriptor)
            throw error
        }
        switch orphan.head {
        case .failure(let why):
            defer { close(descriptor) }
            guard !why.isOtherVersion else {
                return .unreadable(
                    RecorderReport(
                        path: file, recorder: id, expected: why.expected, found: why.found,
                        outcome: .leftAlone))
            }
            return .unreadable(setAside(file, recorder: id, expected: why.expected, found: why.found))
        case .success(let head):
            return .adopted(try orphan.recorder(head))
        }
    }
}
