import Synchronization

/// The table of names as bytes in the file:
///
///     0     count u64: how many entries are whole
///     128   refused u64: how often a name was refused
///     256   entries of 336 bytes: name length u16, unit length u16, CRC32C u32 of all else in the entry,
///           256 bytes of name, 64 bytes of unit, 8 of nothing
///
/// An entry is written once, before the count that includes it is stored, releasing; whoever has loaded that
/// count, acquiring, may read it. The memory has room for `capacity` entries; with none there is no table, and
/// `start` is never looked at.
struct NamePlace: @unchecked Sendable {
    let start: UnsafeMutableRawPointer
    let capacity: Int

    private static let entriesOffset = 256
    private static let entryBytes = 336
    private static let nameOffset = 8
    private static let unitOffset = nameOffset + MetricName.maximumName

    static func areaBytes(capacity: Int) -> Int {
        capacity == 0 ? 0 : FileLayout.wholePages(entriesOffset + capacity * entryBytes)
    }

    var count: UnsafeMutablePointer<Atomic<UInt64>> {
        start.bindMemory(to: Atomic<UInt64>.self, capacity: 1)
    }

    var refused: UnsafeMutablePointer<Atomic<UInt64>> {
        (start + 128).bindMemory(to: Atomic<UInt64>.self, capacity: 1)
    }

    private func entry(_ index: Int) -> UnsafeMutableRawBufferPointer {
        .init(start: start + Self.entriesOffset + index * Self.entryBytes, count: Self.entryBytes)
    }

    /// Writes the entry that the count will include next.
    func write(_ name: MetricName, at index: Int) {
        let entry = entry(index)
        entry.initializeMemory(as: UInt8.self, repeating: 0)
        entry.storeBytes(of: UInt16(name.name.utf8.count), toByteOffset: 0, as: UInt16.self)
        entry.storeBytes(of: UInt16(name.unit.utf8.count), toByteOffset: 2, as: UInt16.self)
        UnsafeMutableRawBufferPointer(rebasing: entry[Self.nameOffset...]).copyBytes(from: name.name.utf8)
        UnsafeMutableRawBufferPointer(rebasing: entry[Self.unitOffset...]).copyBytes(from: name.unit.utf8)
        entry.storeBytes(of: checksum(entry), toByteOffset: 4, as: UInt32.self)
    }

    /// Nil for an entry that is damaged.
    func read(_ index: Int) -> MetricName? {
        let entry = entry(index)
        let lengths = (
            name: Int(entry.load(fromByteOffset: 0, as: UInt16.self)),
            unit: Int(entry.load(fromByteOffset: 2, as: UInt16.self))
        )
        guard (1...MetricName.maximumName).contains(lengths.name), lengths.unit <= MetricName.maximumUnit,
            entry.load(fromByteOffset: 4, as: UInt32.self) == checksum(entry)
        else { return nil }
        func text(_ offset: Int, _ length: Int) -> String {
            String(decoding: entry[offset..<offset + length], as: UTF8.self)
        }
        return MetricName(
            name: text(Self.nameOffset, lengths.name), unit: text(Self.unitOffset, lengths.unit))
    }

    private func checksum(_ entry: UnsafeMutableRawBufferPointer) -> UInt32 {
        var sum = CRC32C()
        sum.update(UnsafeRawBufferPointer(rebasing: entry[..<4]))
        sum.update(UnsafeRawBufferPointer(rebasing: entry[Self.nameOffset...]))
        return sum.value
    }
}

extension NamePlace {
    /// Says what is wrong with an orphan's table, and lets nobody read beyond what is whole.
    func mend(_ report: (_ expected: String, _ found: String) -> Void) {
        guard capacity > 0 else { return }
        // Relaxed: the memory is ours alone, and atomics are the only way to it.
        let found = count.pointee.load(ordering: .relaxed)
        if found > capacity {
            report("at most \(capacity) names", "a count of \(found)")
            let whole = (0..<capacity).prefix { read($0) != nil }.count
            count.pointee.store(UInt64(whole), ordering: .relaxed)
        }
        let damaged = (0..<Int(count.pointee.load(ordering: .relaxed))).filter { read($0) == nil }
        if let first = damaged.first {
            report("names with their checksums", "\(damaged.count) damaged, the first is number \(first)")
        }
    }
}
