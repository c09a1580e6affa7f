#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Builds rows in PostgreSQL's binary COPY format, in one buffer that is used again and again.
///
///     var copy = PostgresBinaryCopy()
///     copy.header()
///     copy.row(fields: 2)
///     copy.int8(42)
///     copy.float8(nil)
///     copy.trailer()
///     try writer.write(&copy)
///
/// The buffer is raw memory, for speed: an array would check bounds and uniqueness for each of some 3 million
/// fields a second. It is sound because the struct is its only owner (it cannot be copied), every write first
/// reserves its whole length, and the memory is freed once, in `deinit`.
public struct PostgresBinaryCopy: ~Copyable {
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var capacity: Int
    /// How many bytes are waiting to be sent.
    public var count: Int { used }
    @usableFromInline var used = 0

    /// An empty buffer; it grows when a row does not fit.
    public init(capacity: Int = 256 * 1024) {
        self.capacity = max(64, capacity)
        base = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    /// Forgets the bytes and keeps the memory.
    public mutating func removeAll() { used = 0 }

    /// Calls `body` with the bytes written so far, valid during the call.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: base, count: used))
    }

    // MARK: The file

    /// What every binary COPY begins with.
    public mutating func header() {
        raw([0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00, 0, 0, 0, 0, 0, 0, 0, 0])
    }

    /// What every binary COPY ends with.
    public mutating func trailer() { raw([0xFF, 0xFF]) }

    /// Begins a row; exactly `fields` fields follow.
    @inlinable
    public mutating func row(fields: Int16) {
        reserve(2)
        store(fields)
    }

    // MARK: Fields

    /// SQL null.
    @inlinable
    public mutating func null() {
        reserve(4)
        store(Int32(-1))
    }

    /// A `smallint`.
    @inlinable
    public mutating func int2(_ value: Int16) { field(value) }

    /// An `integer`.
    @inlinable
    public mutating func int4(_ value: Int32) { field(value) }

    /// A `bigint`.
    @inlinable
    public mutating func int8(_ value: Int64) { field(value) }

    /// A `double precision`, its 64 bits as they are.
    @inlinable
    public mutating func float8(_ value: Double) { field(value.bitPattern) }

    /// A `double precision`, or null.
    @inlinable
    public mutating func float8(_ value: Double?) {
        if let value { float8(value) } else { null() }
    }

    /// A `timestamptz`, from nanoseconds since 1970; what is finer than a microsecond is cut off.
    @inlinable
    public mutating func timestamp(nanoseconds: Int64) {
        field(PostgresTime.microseconds(fromNanoseconds: nanoseconds))
    }

    /// A `uuid`.
    @inlinable
    public mutating func uuid(_ value: UUID) {
        reserve(20)
        store(Int32(16))
        (base + used).storeBytes(of: value.uuid, as: uuid_t.self)
        used += 16
    }

    /// A `text`.
    public mutating func text(_ value: String) { variable(value.utf8, prefix: nil) }

    /// A `bytea`.
    public mutating func bytes(_ value: [UInt8]) { variable(value, prefix: nil) }

    /// A `jsonb`, as JSON text.
    public mutating func jsonb(_ json: String) { variable(json.utf8, prefix: 1) }

    // MARK: The buffer

    @inlinable
    mutating func field(_ value: some FixedWidthInteger) {
        let size = MemoryLayout.size(ofValue: value)
        reserve(4 + size)
        store(Int32(size))
        store(value)
    }

    /// Only after `reserve`.
    @inlinable
    mutating func store<Integer: FixedWidthInteger>(_ value: Integer) {
        (base + used).storeBytes(of: value.bigEndian, as: Integer.self)
        used += MemoryLayout<Integer>.size
    }

    @inlinable
    mutating func reserve(_ bytes: Int) {
        if used + bytes > capacity { grow(by: bytes) }
    }

    @usableFromInline
    mutating func grow(by bytes: Int) {
        capacity = max(capacity * 2, used + bytes)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: base, byteCount: used)
        base.deallocate()
        base = larger
    }

    private mutating func variable(_ value: some Collection<UInt8>, prefix: UInt8?) {
        let length = value.count + (prefix == nil ? 0 : 1)
        reserve(4 + length)
        store(Int32(length))
        if let prefix { store(prefix) }
        raw(value)
    }

    private mutating func raw(_ bytes: some Collection<UInt8>) {
        reserve(bytes.count)
        UnsafeMutableRawBufferPointer(start: base + used, count: bytes.count).copyBytes(from: bytes)
        used += bytes.count
    }
}
