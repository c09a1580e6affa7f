import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Counters that the child writes and that outlive it: a line of 128 bytes for each of its threads, and words after
/// them. Unchecked: they are atomics in mapped memory.
public final class Progress: @unchecked Sendable {
    private let lines: Int
    private let size: Int
    private let base: UnsafeMutableRawPointer

    /// Makes the file at `path`, as many lines long, with as many words after them.
    public init(_ path: String, lines: Int, words: Int = 0) throws {
        self.lines = lines
        size = lines * 128 + words * 8
        let descriptor = open(path, O_RDWR | O_CREAT, 0o600)
        guard descriptor >= 0 else { throw ChildFailure(code: errno) }
        defer { close(descriptor) }
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw ChildFailure(code: errno) }
        let address = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let address, address != MAP_FAILED else { throw ChildFailure(code: errno) }
        base = address
    }

    deinit { munmap(base, size) }

    private func load(_ offset: Int) -> UInt64 {
        (base + offset).bindMemory(to: Atomic<UInt64>.self, capacity: 1).pointee.load(ordering: .acquiring)
    }

    /// The first word of each line.
    public var counts: [UInt64] { counts(word: 0) }

    /// A word of each line.
    public func counts(word: Int) -> [UInt64] { (0..<lines).map { load($0 * 128 + word * 8) } }

    /// The sum of all lines' first words.
    public var sum: UInt64 { counts.reduce(0, +) }

    /// A word after the lines.
    public func word(_ number: Int) -> UInt64 { load(lines * 128 + number * 8) }
}
