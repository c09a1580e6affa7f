#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One file of a spool, open. Reads and appends whole records; knows nothing of other files.
final class SpoolFile {
    let number: UInt64
    let path: String
    /// Where the next record goes, or the file's size where it is only read.
    private(set) var size: Int
    /// The lowest position and the end of the highest, of the records that are whole.
    private(set) var positions: Range<UInt64>?
    private let descriptor: Int32

    private init(number: UInt64, path: String, size: Int, descriptor: Int32) {
        self.number = number
        self.path = path
        self.size = size
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    static func make(number: UInt64, path: String) throws(Libc.Failure) -> SpoolFile {
        let descriptor = try Libc.open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW)
        return SpoolFile(number: number, path: path, size: 0, descriptor: descriptor)
    }

    /// Opens a file that an earlier process wrote. `damage` is told what is not whole, if anything.
    static func open(
        number: UInt64, path: String, damage: (_ expected: String, _ found: String) -> Void
    ) throws(Libc.Failure) -> SpoolFile {
        let descriptor = try Libc.open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
        let file = SpoolFile(number: number, path: path, size: 0, descriptor: descriptor)
        let status = try Libc.status(of: descriptor)
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
        guard offset + SpoolRecord.headerBytes < size else { return nil }
        let rest = try read(at: offset, count: size - offset)
        let magic = withUnsafeBytes(of: SpoolRecord.magic.littleEndian) { Array($0) }
        var candidate = 1
        while let found = rest[candidate...].firstIndex(of: magic[0]) {
            candidate = found + 1
            guard rest[found...].starts(with: magic), let record = try header(at: offset + found) else {
                continue
            }
            return (offset + found, record)
        }
        return nil
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
