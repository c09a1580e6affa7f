#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Where a stream's encoded batches wait on disk while the collector is away: append-only files beside the
/// recorder, read oldest first, deleted as they are acknowledged.
///
/// The holder of the recorder's lock is the only user of its spools. What ``append(_:first:count:)`` accepted
/// survives the process, not a power cut: nothing is synced to the disk.
///
/// Not thread safe: it belongs to the shipper's one loop.
public final class Spool {
    /// A batch as it was appended.
    public struct Batch: Sendable, Equatable {
        /// The positions that it covers.
        public let positions: Range<UInt64>
        /// The encoded batch.
        public let payload: [UInt8]
    }

    /// What ``next()`` finds.
    public enum Item: Sendable, Equatable {
        /// A whole batch.
        case batch(Batch)
        /// Positions that were in the spool and cannot be read any more. The collector is to skip them.
        case lost(Range<UInt64>)
    }

    /// The stream whose batches these are.
    public let stream: UUID
    /// What was damaged when the spool was opened. A process killed while appending leaves a torn record at the
    /// end of a file; its positions are still in the recorder.
    public private(set) var reports: [RecorderReport] = []

    private let directory: String
    private let recorder: UUID
    private let budget: SpoolBudget
    private let fileBytes: Int
    /// Oldest first.
    private var files: [SpoolFile] = []
    /// The last of `files`, if this process made it and it may grow.
    private var writing: SpoolFile?
    private var nextNumber: UInt64 = 1
    /// Where reading goes on: a file's number, an offset in it, and the position expected there, once known.
    private var cursor: (file: UInt64, offset: Int, position: UInt64?) = (0, 0, nil)
    private var acknowledged: UInt64 = 0

    /// Opens the spool of a stream, with whatever an earlier process left in it.
    ///
    /// - Parameters:
    ///   - budget: the cap, shared by all spools of a recorder. What is there already counts.
    ///   - fileBytes: a file that has reached this size is followed by a new one.
    public init(
        directory: RecorderDirectory, recorder: UUID, stream: UUID, budget: SpoolBudget,
        fileBytes: Int = 8 << 20
    ) throws(RecorderError) {
        self.directory = directory.path
        self.recorder = recorder
        self.stream = stream
        self.budget = budget
        self.fileBytes = fileBytes
        do {
            let names = try Libc.names(in: directory.path).compactMap { SpoolName($0) }
                .filter { $0.recorder == recorder && $0.stream == stream }
                .sorted { $0.number < $1.number }
            // The recorder's own: in a folder that others can write to they may have put files of that name.
            let owner =
                names.isEmpty ? nil : try? Libc.owner(of: RecorderFiles.path(self.directory, recorder))
            for name in names { try open(name, owner: owner) }
        } catch {
            throw .failed("open the spool", directory.path, error)
        }
    }

    deinit {
        budget.giveBack(bytes)
    }

    /// The spool of a stream whose recorder has no file: it keeps nothing, as if it were always full.
    public init(without recorder: UUID, stream: UUID) {
        directory = ""
        self.recorder = recorder
        self.stream = stream
        budget = SpoolBudget(limit: 0)
        fileBytes = 0
    }

    private func path(_ name: SpoolName) -> String { "\(directory)/\(name.string)" }

    private func open(_ name: SpoolName, owner: UInt32?) throws(Libc.Failure) {
        nextNumber = max(nextNumber, name.number &+ 1)
        let path = path(name)
        if let owner {
            let named: UInt32
            do {
                named = try Libc.owner(of: path)
            } catch {
                if error.isMissing { return }
                throw error
            }
            guard named == owner else {
                reports.append(
                    RecorderReport(
                        path: path, recorder: recorder,
                        expected: "a file of user \(owner), as the recorder is",
                        found: "one of user \(named)", outcome: .leftAlone))
                return
            }
        }
        var damage: (expected: String, found: String)?
        let file: SpoolFile
        do {
            file = try SpoolFile.open(number: name.number, path: path) { damage = ($0, $1) }
        } catch  where error.isMissing {
            // Another program had the same orphaned spool and has just shipped this file.
            return
        }
        let isUsable = file.positions != nil
        if isUsable {
            files.append(file)
            budget.count(file.size)
        }
        if let damage {
            let place = isUsable ? nil : try? RecorderFiles.setAside(path)
            reports.append(
                RecorderReport(
                    path: path, recorder: recorder, expected: damage.expected, found: damage.found,
                    outcome: isUsable ? .partlyReadable : place.map { .setAside($0) } ?? .leftAlone))
        } else if !isUsable {
            // Empty: its maker was killed before the first append.
            try? file.delete()
        }
    }
}

// MARK: - What is in it

extension Spool {
    /// The bytes on disk.
    public var bytes: Int { files.map(\.size).reduce(0, +) }

    /// The end of the last whole batch, or nil if there is none.
    public var end: UInt64? { files.compactMap(\.positions?.upperBound).max() }

    /// Whether nothing is left that is not acknowledged.
    public var isEmpty: Bool { (end ?? 0) <= acknowledged }
}

// MARK: - Writing

extension Spool {
    /// Appends an encoded batch. False: the cap is reached or the disk is full, and nothing was kept.
    ///
    /// Throws for any other failure of the file system; nothing was kept then either.
    public func append(
        _ payload: UnsafeRawBufferPointer, first: UInt64, count: UInt64
    ) throws(RecorderError) -> Bool {
        let record = SpoolRecord(first: first, count: count, payload: payload)
        guard budget.take(record.bytes) else { return false }
        do {
            try writable().append(record, payload)
            return true
        } catch {
            budget.giveBack(record.bytes)
            if error.isNoSpace { return false }
            writing = nil
            throw .failed("append to the spool", directory, error)
        }
    }

    /// Appends an encoded batch. False: the cap is reached or the disk is full, and nothing was kept.
    public func append(_ payload: [UInt8], first: UInt64, count: UInt64) throws(RecorderError) -> Bool {
        let result = payload.withUnsafeBytes { bytes in
            Result { () throws(RecorderError) in try append(bytes, first: first, count: count) }
        }
        return try result.get()
    }

    /// The file to append to. Files of earlier processes are never appended to: their ends may be torn.
    private func writable() throws(Libc.Failure) -> SpoolFile {
        if let writing, writing.size < fileBytes { return writing }
        let name = SpoolName(recorder: recorder, stream: stream, number: nextNumber)
        let file = try SpoolFile.make(number: nextNumber, path: path(name))
        nextNumber += 1
        writing?.rest()
        files.append(file)
        writing = file
        return file
    }
}

// MARK: - Reading

extension Spool {
    /// The next batch, oldest first, or positions found lost; nil at the end (more may be appended).
    public func next() throws(RecorderError) -> Item? {
        do {
            while let index = index(ofFile: cursor.file) {
                let file = files[index]
                if file.number > cursor.file { cursor = (file.number, 0, cursor.position) }
                if let (start, record) = try file.header(from: cursor.offset) {
                    if record.end > acknowledged { return try item(record, at: start, in: file) }
                    cursor = (file.number, start + record.bytes, cursor.position)
                    continue
                }
                guard index + 1 < files.count else { return nil }
                if file !== writing { file.rest() }
                cursor = (files[index + 1].number, 0, cursor.position)
            }
            return nil
        } catch {
            throw .failed("read the spool", directory, error)
        }
    }

    /// The first file of at least this number, by bisection: a spool may have thousands.
    private func index(ofFile number: UInt64) -> Int? {
        var low = files.startIndex
        var high = files.endIndex
        while low < high {
            let middle = (low + high) / 2
            if files[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low < files.endIndex ? low : nil
    }

    private func item(_ record: SpoolRecord, at start: Int, in file: SpoolFile) throws(Libc.Failure) -> Item {
        if let expected = cursor.position.map({ max($0, acknowledged) }), record.first > expected {
            cursor = (file.number, start, record.first)
            return .lost(expected..<record.first)
        }
        let payload = try file.payload(of: record, at: start)
        let end = max(cursor.position ?? 0, record.end)
        cursor = (file.number, start + record.bytes, end)
        let positions = record.first..<record.end
        return payload.map { .batch(Batch(positions: positions, payload: $0)) } ?? .lost(positions)
    }

    /// Makes ``next()`` go on with the batch that holds `position`, to send again what was not acknowledged.
    ///
    /// Positions from `position` on that are not in the spool any more are given as lost.
    public func rewind(to position: UInt64) throws(RecorderError) {
        let position = max(position, acknowledged)
        do {
            for file in files where (file.positions?.upperBound ?? 0) > position {
                var offset = 0
                while let (start, record) = try file.header(from: offset) {
                    if record.end > position {
                        cursor = (file.number, start, position)
                        return
                    }
                    offset = start + record.bytes
                }
                if file !== writing { file.rest() }
            }
            cursor = (files.last?.number ?? 0, files.last?.size ?? 0, position)
        } catch {
            throw .failed("read the spool", directory, error)
        }
    }

    /// Positions below `position` are committed: deletes the files that hold nothing else.
    public func acknowledge(upTo position: UInt64) throws(RecorderError) {
        acknowledged = max(acknowledged, position)
        while let oldest = files.first, (oldest.positions?.upperBound ?? 0) <= acknowledged {
            // An empty file is one just made, whose first append failed: it will be used.
            if oldest.positions == nil { return }
            do {
                try oldest.delete()
            } catch {
                if !error.isMissing { throw .failed("delete an acknowledged spool file", oldest.path, error) }
            }
            if oldest === writing { writing = nil }
            budget.giveBack(oldest.size)
            files.removeFirst()
        }
    }
}
