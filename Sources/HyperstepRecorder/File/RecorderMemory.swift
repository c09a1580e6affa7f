import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The bytes of a recorder and the lock on its file.
///
/// A live recorder's bytes are the file itself, mapped and shared with the kernel: they outlive the process.
/// An orphan's are a private copy, so that no file, however short or damaged, can raise SIGBUS.
///
/// The memory stays until nobody refers to it, so a producer that comes late writes into a sealed ring and never
/// into nothing. Unchecked: `base` is only reached through ``RingCore``, ``NamePlace``, ``MonitorPlace`` and ``InstrumentPlace``, each
/// of which says who may write where; the descriptor is guarded by a mutex.
final class RecorderMemory: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let count: Int
    /// The open file that holds the lock.
    private struct Held {
        let descriptor: Int32
        var isWritable = true
    }
    /// Nil once the lock was given back.
    private let held: Mutex<Held?>

    /// The process that mapped it. Its children by `fork` have the mapping and the open file as well.
    private let process = getpid()

    /// Takes over the descriptor, and with it the lock, also when it throws. Nil where there is no file.
    private init(
        mapping descriptor: Int32?, count: Int, flags: Int32, onto file: Int32
    ) throws(Libc.Failure) {
        let address = mmap(nil, count, PROT_READ | PROT_WRITE, flags, file, 0)
        guard let address, address != MAP_FAILED else {
            let failure = Libc.Failure(code: errno)
            if let descriptor { close(descriptor) }
            throw failure
        }
        base = address
        self.count = count
        held = Mutex(descriptor.map { Held(descriptor: $0) })
    }

    /// Maps the file itself.
    static func shared(_ descriptor: Int32, count: Int) throws(Libc.Failure) -> RecorderMemory {
        try RecorderMemory(mapping: descriptor, count: count, flags: MAP_SHARED, onto: descriptor)
    }

    /// Zeros that belong to this process alone; `descriptor` only carries the lock.
    static func copy(_ descriptor: Int32, count: Int) throws(Libc.Failure) -> RecorderMemory {
        try RecorderMemory(
            mapping: descriptor, count: count, flags: MAP_PRIVATE | MAP_ANON, onto: -1)
    }

    /// Zeros without a file: they are gone with the process. Shared with children by `fork`, as a file is.
    static func anonymous(count: Int) throws(Libc.Failure) -> RecorderMemory {
        try RecorderMemory(mapping: nil, count: count, flags: MAP_SHARED | MAP_ANON, onto: -1)
    }

    deinit {
        munmap(base, count)
        unlock()
    }

    /// Whether this process is the one that mapped it, and not a child of it made by `fork`.
    var isOfThisProcess: Bool { process == getpid() }

    /// Gives the lock back. The bytes stay. A child by `fork` closes its descriptor, and the lock stays its parent's.
    func unlock() {
        let open = held.withLock { held in
            defer { held = nil }
            return held?.descriptor
        }
        guard let open else { return }
        // Said outright: the mapping refers to the open file as the descriptor did, and would hold the lock.
        if isOfThisProcess { flock(open, LOCK_UN) }
        close(open)
    }

    /// Whether the descriptor's file is the one at `path`; false once unlocked.
    func isFile(at path: String) -> Bool {
        held.withLock { held in
            guard let held else { return false }
            return Libc.isSameFile(held.descriptor, path)
        }
    }

    /// Writes bytes of a copied recorder to its file, at the same place. A failure costs a repetition after the
    /// next start, which the collector's ledger sees through, so it is no error; but nothing is written after
    /// it, so that the file is never ahead in one place of what it lacks in another.
    func persist(_ offset: Int, _ bytes: Int) {
        held.withLock { held in
            guard let open = held, open.isWritable else { return }
            do {
                try Libc.write(open.descriptor, .init(start: base + offset, count: bytes), at: offset)
            } catch {
                held?.isWritable = false
            }
        }
    }
}

// MARK: - Disk space

extension RecorderMemory {
    /// Gives the disk space of whole pages back: they read as zeros from now on. For what nobody writes to any more.
    ///
    /// Where the file system cannot, the space stays taken.
    func discard(_ bytes: Range<Int>) {
        #if os(Linux)
            let page = Self.pageBytes
            let first = (bytes.lowerBound + page - 1) / page * page
            let last = bytes.upperBound / page * page
            guard first < last else { return }
            madvise(base + first, last - first, MADV_REMOVE)
        #endif
    }
}

// MARK: - Page faults

extension RecorderMemory {
    private static let pageBytes = Int(sysconf(Int32(_SC_PAGESIZE)))

    /// Makes the pages of the slots from the tail on writable, around the end of the ring.
    func warm(_ slots: UnsafeMutableRawPointer, core: RingCore, slotBytes: Int, slots count: Int) {
        // A ring that the recorder does not have has no place to be warm.
        guard core.capacity > 0 else { return }
        let count = min(count, Int(core.capacity))
        let first = Int(core.end & (core.capacity - 1))
        let untilEnd = min(count, Int(core.capacity) - first)
        populate(slots + first * slotBytes, untilEnd * slotBytes)
        populate(slots, (count - untilEnd) * slotBytes)
    }

    /// Makes pages ready to be written to.
    func populate(_ start: UnsafeMutableRawPointer, _ bytes: Int) {
        guard bytes > 0 else { return }
        let page = Self.pageBytes
        let first = (start - base) / page * page
        let last = min((start - base + bytes + page - 1) / page * page, count)
        #if os(Linux)
            // MADV_POPULATE_WRITE, Linux 5.14; named by number because older headers lack it.
            if madvise(base + first, last - first, 23) == 0 { return }
        #endif
        for offset in stride(from: first, to: last, by: page) {
            // Adding nothing, atomically: a write that changes no byte, whoever else is writing there.
            (base + offset).bindMemory(to: Atomic<UInt64>.self, capacity: 1)
                .pointee.wrappingAdd(0, ordering: .relaxed)
        }
    }
}
