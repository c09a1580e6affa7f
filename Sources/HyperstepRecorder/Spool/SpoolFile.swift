#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One file of a spool. Reads and appends whole records; knows nothing of other files.
///
/// A spool may have thousands of files: each is open only from its first use to ``rest()``.
final class SpoolFile {
    let number: UInt64
    let path: String
    /// Where the next record goes, or the file's size where it is only read.
    private(set) var size: Int
    /// The lowest position and the end of the highest, of the records that are whole.
    private(set) var positions: Range<UInt64>?
    private let flags: Int32
    private var descriptor: Int32?

    private init(number: UInt64, path: String, flags: Int32) {
        self.number = number
        self.path = path
        self.flags = flags
        size = 0
    }

    deinit { rest() }

    private func opened(_ extra: Int32 = 0) throws(Libc.Failure) -> Int32 {
        if let descriptor { return descriptor }
        let descriptor = try Libc.open(path, flags | extra | O_NONBLOCK | O_NOFOLLOW)
        self.descriptor = descriptor
        return descriptor
    }

    /// Closes the file until it is used again.
    func rest() {
        if let descriptor { close(descriptor) }
        descriptor = nil
    }

    /// Makes a file, to be appended to.
    static func make(number: UInt64, path: String) throws(Libc.Failure) -> SpoolFile {
        let file = SpoolFile(number: number, path: path, flags: O_RDWR)
        let descriptor = try file.opened(O_CREAT | O_EXCL)
        // Whatever the umask takes away, the next start needs.
        _ = try Libc.retrying { fchmod(descriptor, 0o600) }
        return file
    }

    /// Opens a file that an earlier process wrote. `damage` is told what is not whole, if anything.
    static func open(
        number: UInt64, path: String, damage: (_ expected: String, _ found: String) -> Void
    ) throws(Libc.Failure) -> SpoolFile {
        let file = SpoolFile(number: number, path: path, flags: O_RDONLY)
        defer { file.rest() }
        let status = try Libc.status(of: file.opened())
        guard Libc.isRegularFile(status) else {
            damage("a regular file", "something else")
            return file
        }
        file.size = Int(status.st_size)
        var offset = 0
        var skipped = 0
        while let (start, record) = try file.header(from: offset) {
            skipped += start - offset
            file.note(record)
            offset = start + record.bytes
        }
        skipped += file.size - offset
        if skipped > 0 { damage("whole records from start to end", "\(skipped) bytes that belong to none") }
        return file
    }

    private func note(_ record: SpoolRecord) {
        let old = positions ?? record.first..<record.end
        positions = min(old.lowerBound, record.first)..<max(old.upperBound, record.end)
    }
}

// MARK: - Reading

extension SpoolFile {
    /// The first whole record at or after `offset`, found by search where there is damage.
    func header(from offset: Int) throws(Libc.Failure) -> (start: Int, record: SpoolRecord)? {
        if let record = try header(at: offset) { return (offset, record) }
        var start = offset + 1
        while start + SpoolRecord.headerBytes <= size {
            let piece = try read(at: start, count: min(Self.searchBytes, size - start))
            if let found = try search(piece, at: start) { return found }
            // A header may lie across the end of a piece.
            start += max(1, piece.count - SpoolRecord.headerBytes + 1)
        }
        return nil
    }

    private static let searchBytes = 1 << 20

    private func search(
        _ piece: [UInt8], at start: Int
    ) throws(Libc.Failure) -> (start: Int, record: SpoolRecord)? {
        var candidate = 0
        while let found = Self.magic(in: piece, from: candidate) {
            if let record = try header(at: start + found) { return (start + found, record) }
            candidate = found + 1
        }
        return nil
    }

    private static func magic(in piece: [UInt8], from start: Int) -> Int? {
        piece.withUnsafeBytes { bytes in
            var offset = start
            while offset &+ 4 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
                if word == SpoolRecord.magic.littleEndian { return offset }
                offset &+= 1
            }
            return nil
        }
    }

    /// The record at `offset`, if one is there and whole in length.
    private func header(at offset: Int) throws(Libc.Failure) -> SpoolRecord? {
        let bytes = try read(at: offset, count: min(SpoolRecord.headerBytes, max(0, size - offset)))
        guard let record = bytes.withUnsafeBytes({ SpoolRecord($0) }), offset + record.bytes <= size else {
            return nil
        }
        return record
    }

    /// A record's payload; nil if its checksum says that it is damaged.
    func payload(of record: SpoolRecord, at start: Int) throws(Libc.Failure) -> [UInt8]? {
        let payload = try read(at: start + SpoolRecord.headerBytes, count: record.payloadBytes)
        guard payload.count == record.payloadBytes, CRC32C.of(payload) == record.checksum else { return nil }
        return payload
    }

    private func read(at offset: Int, count: Int) throws(Libc.Failure) -> [UInt8] {
        // The initialiser below would write to the storage that all empty arrays share: a race, if a harmless one.
        guard count > 0 else { return [] }
        let descriptor = try opened()
        var failure: Libc.Failure?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            do throws(Libc.Failure) {
                done = try Libc.read(
                    descriptor, into: .init(start: buffer.baseAddress, count: count), at: offset)
            } catch let caught {
                failure = caught
            }
        }
        if let failure { throw failure }
        return bytes
    }
}

// MARK: - Appending

extension SpoolFile {
    /// Appends a record with one write. If that fails nothing of it stays: the file is cut back to its last
    /// whole record (and a reader would see through a torn one if even that failed).
    func append(_ record: SpoolRecord, _ payload: UnsafeRawBufferPointer) throws(Libc.Failure) {
        let bytes = [UInt8](unsafeUninitializedCapacity: record.bytes) { buffer, count in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            record.write(to: raw)
            UnsafeMutableRawBufferPointer(rebasing: raw[SpoolRecord.headerBytes...]).copyMemory(from: payload)
            count = record.bytes
        }
        let descriptor = try opened()
        var failure: Libc.Failure?
        bytes.withUnsafeBytes { buffer in
            do throws(Libc.Failure) {
                try Libc.write(descriptor, buffer, at: size)
            } catch let caught {
                failure = caught
            }
        }
        if let failure {
            _ = try? Libc.retrying { ftruncate(descriptor, off_t(size)) }
            throw failure
        }
        note(record)
        size += record.bytes
    }

    func delete() throws(Libc.Failure) {
        _ = try Libc.retrying { unlink(path) }
    }
}
