#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Makes a recorder's file: under another name, locked, filled, and only then renamed into place.
struct RecorderMaker {
    let directory: String
    let layout: FileLayout
    let identity: [UInt8]

    private var unfinished: String {
        RecorderFiles.path(directory, layout.recorder, RecorderFiles.unfinishedSuffix)
    }

    func make() throws(RecorderError) -> RecorderMemory {
        do {
            let memory = try map(openLocked())
            warm(memory)
            write(to: memory)
            try Libc.rename(unfinished, to: RecorderFiles.path(directory, layout.recorder))
            return memory
        } catch {
            unlink(unfinished)
            throw .failed("make a recorder of \(layout.fileBytes) bytes", directory, error)
        }
    }

    /// A scan of another process may look at the new file, or delete it, before it is locked: then it is made
    /// again.
    private func openLocked() throws(Libc.Failure) -> Int32 {
        var backoff = Backoff()
        for _ in 0..<100 {
            let descriptor = try Libc.open(unfinished, O_RDWR | O_CREAT | O_NOFOLLOW)
            do {
                // Whatever the umask takes away, the next start needs.
                _ = try Libc.retrying { fchmod(descriptor, 0o600) }
                if try Libc.lock(descriptor, exclusively: true), Libc.isSameFile(descriptor, unfinished) {
                    return descriptor
                }
            } catch {
                close(descriptor)
                throw error
            }
            close(descriptor)
            backoff.wait()
        }
        throw Libc.Failure(code: EBUSY)
    }

    private func map(_ descriptor: Int32) throws(Libc.Failure) -> RecorderMemory {
        do {
            try Libc.reserve(descriptor, bytes: layout.fileBytes)
        } catch {
            close(descriptor)
            throw error
        }
        return try RecorderMemory.shared(descriptor, count: layout.fileBytes)
    }

    /// Makes the pages ready that the hot calls write to. Others become resident when they are first used.
    private func warm(_ memory: RecorderMemory) {
        memory.populate(memory.base, FileLayout.slotsOffset)
        for kind in [RingKind.steps, .scalars] {
            guard let ring = layout.ring(kind) else { continue }
            memory.populate(memory.base + ring.slotsOffset, ring.slotsBytes)
        }
    }

    private func write(to memory: RecorderMemory) {
        for offset in [0, layout.copyOffset] {
            FileHeader.write(
                layout, to: .init(start: memory.base + offset, count: FileLayout.headerBytes))
            FileIdentity.write(
                identity,
                to: .init(
                    start: memory.base + offset + FileLayout.headerBytes, count: FileLayout.identityBytes))
        }
    }
}
