#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A parameter of a statement, sent in PostgreSQL's binary format.
public enum PostgresValue: Sendable, Equatable {
    /// SQL null, of whatever type the statement expects.
    case null
    /// `boolean`
    case bool(Bool)
    /// `smallint`
    case int16(Int16)
    /// `integer`
    case int32(Int32)
    /// `bigint`
    case int64(Int64)
    /// `double precision`, all 64 bits as they are
    case double(Double)
    /// `text`
    case text(String)
    /// `bytea`
    case bytes([UInt8])
    /// `uuid`
    case uuid(UUID)
    /// `jsonb`, as JSON text that the server checks
    case jsonb(String)
    /// `timestamptz`, in microseconds since 2000-01-01T00:00:00Z
    case timestamp(microseconds: Int64)
    /// `uuid[]`
    case uuids([UUID?])
    /// `bigint[]`
    case int64s([Int64])
    /// `text[]`
    case texts([String])
    /// `timestamptz[]`, in microseconds since 2000-01-01T00:00:00Z
    case timestamps(microseconds: [Int64])

    /// A text, or null.
    public static func text(orNull value: String?) -> PostgresValue { value.map { .text($0) } ?? .null }
    /// A UUID, or null.
    public static func uuid(orNull value: UUID?) -> PostgresValue { value.map { .uuid($0) } ?? .null }
}

extension PostgresValue {
    /// The object identifier of its type, as pg_type.dat fixes it; 0 lets the server infer it.
    var typeIdentifier: UInt32 {
        switch self {
        case .null: 0
        case .bool: 16
        case .bytes: 17
        case .int64: 20
        case .int16: 21
        case .int32: 23
        case .text: 25
        case .double: 701
        case .timestamp: 1184
        case .uuid: 2950
        case .jsonb: 3802
        case .texts: 1009
        case .int64s: 1016
        case .uuids: 2951
        case .timestamps: 1185
        }
    }

    /// Appends the binary form; null appends nothing.
    func append(to bytes: inout [UInt8]) {
        switch self {
        case .null: break
        case .bool(let value): bytes.append(value ? 1 : 0)
        case .int16(let value): bytes.append(bigEndian: value)
        case .int32(let value): bytes.append(bigEndian: value)
        case .int64(let value), .timestamp(let value): bytes.append(bigEndian: value)
        case .double(let value): bytes.append(bigEndian: value.bitPattern)
        case .text(let value): bytes.append(contentsOf: value.utf8)
        case .bytes(let value): bytes.append(contentsOf: value)
        case .uuid(let value): bytes.append(uuid: value)
        case .jsonb(let value):
            bytes.append(1)  // the version of jsonb's binary format
            bytes.append(contentsOf: value.utf8)
        case .uuids(let values):
            bytes.append(arrayOf: 2950, values) { value, bytes in
                value.map { value in bytes.append(uuid: value) }
            }
        case .int64s(let values):
            bytes.append(arrayOf: 20, values) { value, bytes in bytes.append(bigEndian: value) }
        case .timestamps(let values):
            bytes.append(arrayOf: 1184, values) { value, bytes in bytes.append(bigEndian: value) }
        case .texts(let values):
            bytes.append(arrayOf: 25, values) { value, bytes in bytes.append(contentsOf: value.utf8) }
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func append(uuid: UUID) {
        Swift.withUnsafeBytes(of: uuid.uuid) { append(contentsOf: $0) }
    }

    /// A one-dimensional array; `body` appends one element's bytes, and nil stands for null.
    fileprivate mutating func append<Value>(
        arrayOf type: Int32, _ values: [Value], body: (Value, inout [UInt8]) -> Void?
    ) {
        append(bigEndian: Int32(values.isEmpty ? 0 : 1))
        append(bigEndian: Int32(1))  // there may be nulls
        append(bigEndian: type)
        guard !values.isEmpty else { return }
        append(bigEndian: Int32(values.count))
        append(bigEndian: Int32(1))  // the first index
        for value in values {
            let lengthAt = count
            append(bigEndian: Int32(-1))
            let written: Void? = body(value, &self)
            guard written != nil else { continue }
            Swift.withUnsafeBytes(of: Int32(count - lengthAt - 4).bigEndian) {
                replaceSubrange(lengthAt..<lengthAt + 4, with: $0)
            }
        }
    }
}
