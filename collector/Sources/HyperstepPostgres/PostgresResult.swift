import CLibPQ

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// The rows that a query returned, in memory.
///
/// Getters take a row's and a column's place from 0 and return nil for SQL null. Asking for a place that the
/// query does not have, or for another type than the column's, is a mistake in the caller's SQL and stops the
/// program.
public final class PostgresResult {
    private let result: OpaquePointer

    /// Takes ownership of a PGresult.
    init(_ result: OpaquePointer) { self.result = result }

    deinit { PQclear(result) }

    /// How many rows there are.
    public var count: Int { Int(PQntuples(result)) }

    /// How many rows a command touched, 0 for one that touches none.
    public var affectedRows: Int { PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0 }

    /// What the server says it did: `COMMIT`, or `ROLLBACK` where a COMMIT ended a failed transaction.
    public var commandTag: String { PQcmdStatus(result).map { String(cString: $0) } ?? "" }

    /// A `boolean`.
    public func bool(_ row: Int, _ column: Int) -> Bool? {
        integer(row, column, as: UInt8.self).map { $0 != 0 }
    }

    /// A `bigint`, `integer` or `smallint`, or a `timestamptz` in microseconds since 2000-01-01T00:00:00Z.
    public func int64(_ row: Int, _ column: Int) -> Int64? {
        switch bytes(row, column)?.count {
        case nil: nil
        case 2: integer(row, column, as: Int16.self).map(Int64.init)
        case 4: integer(row, column, as: Int32.self).map(Int64.init)
        default: integer(row, column, as: Int64.self)
        }
    }

    /// A `double precision`, all 64 bits as stored.
    public func double(_ row: Int, _ column: Int) -> Double? {
        integer(row, column, as: UInt64.self).map(Double.init(bitPattern:))
    }

    /// A `text`, `varchar` or `name`.
    public func text(_ row: Int, _ column: Int) -> String? {
        bytes(row, column).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A `jsonb`, as JSON text.
    public func jsonb(_ row: Int, _ column: Int) -> String? {
        bytes(row, column).map { String(decoding: $0.dropFirst(), as: UTF8.self) }
    }

    /// A `bytea`.
    public func byteArray(_ row: Int, _ column: Int) -> [UInt8]? { bytes(row, column).map(Array.init) }

    /// A `uuid`.
    public func uuid(_ row: Int, _ column: Int) -> UUID? {
        guard let bytes = bytes(row, column) else { return nil }
        precondition(bytes.count == 16, "column \(column) is no uuid")
        return UUID(uuid: bytes.loadUnaligned(as: uuid_t.self))
    }

    private func integer<Integer: FixedWidthInteger>(
        _ row: Int, _ column: Int, as type: Integer.Type
    ) -> Integer? {
        guard let bytes = bytes(row, column) else { return nil }
        precondition(bytes.count == MemoryLayout<Integer>.size, "column \(column) is no \(type)")
        return Integer(bigEndian: bytes.loadUnaligned(as: Integer.self))
    }

    /// A field's bytes, which live as long as the result; every caller copies out of them at once.
    private func bytes(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer? {
        precondition(row >= 0 && row < count && column >= 0 && column < Int(PQnfields(result)))
        let (row, column) = (Int32(row), Int32(column))
        guard PQgetisnull(result, row, column) == 0 else { return nil }
        return UnsafeRawBufferPointer(
            start: PQgetvalue(result, row, column), count: Int(PQgetlength(result, row, column)))
    }
}
