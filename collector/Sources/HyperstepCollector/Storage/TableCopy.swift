import HyperstepPolicies
import HyperstepPostgres
import HyperstepWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How the records of one kind become rows of one hypertable.
///
/// To have another table written: a type like ``TrainingStepsCopy`` in a file of its own, and its line in
/// ``TableWriters``. Chunks, compression, notes and transactions are not its business.
protocol TableCopy: ~Copyable {
    /// What a batch brings for this table, with one time per record.
    associatedtype Records

    static var table: Hypertable { get }
    /// The COPY statement, `FORMAT binary`.
    static var statement: String { get }
    /// The columns that ``segment(of:)`` tells apart: where the table is segmented by any other column, it is
    /// not known how many rows of a batch share a segment, and they go to the row store.
    static var segmentColumns: Set<String> { get }

    /// What `batch` brings; nil for records of another kind.
    static func records(of batch: Batch) -> Records?
    /// When each record was made: nanoseconds since 1970.
    static func times(of records: Records) -> [Int64]
    /// How many rows each record becomes; empty where each becomes one.
    static func rowCounts(of records: Records) -> [Int]
    /// The segments that the records belong to.
    static func segment(of records: Records) -> Segment
    /// By what the aggregates of this table find a record; nil where it has none.
    static func noteKey(of records: Records, _ row: Int) -> UUID?

    /// Makes what rows refer to, before the transaction of `group` begins: rows of other tables that two
    /// collectors may make at once are not made inside it, where one would hold what the other waits for.
    mutating func prepare(
        _ group: [PendingBatch], _ settings: WriterSettings, in session: DatabaseSession
    ) throws(PostgresError)

    /// Forgets the ids that it remembers: their rows may be gone.
    mutating func forgetIDs()

    /// Those of these rows of a batch that ``write(_:rows:through:to:)`` leaves out, as far as is known since `prepare`.
    func refused(of batch: Batch, _ rows: Range<Int>, _ settings: WriterSettings) -> RefusedRows?

    /// Appends the rows that these of the records become to `copy`, and sends it whenever it is large.
    mutating func write(
        _ records: Records, rows: Range<Int>, through copy: inout PostgresBinaryCopy,
        to writer: borrowing PostgresCopyWriter
    ) throws(PostgresError)
}

extension TableCopy where Self: ~Copyable {
    static func rowCounts(of records: Records) -> [Int] { [] }

    mutating func prepare(
        _ group: [PendingBatch], _ settings: WriterSettings, in session: DatabaseSession
    ) throws(PostgresError) {}

    mutating func forgetIDs() {}

    func refused(of batch: Batch, _ rows: Range<Int>, _ settings: WriterSettings) -> RefusedRows? { nil }
}

/// The segment-by values of one batch's records.
struct Segment: Hashable {
    /// What all of them have in common, as the model and the run.
    var key: [UUID]
    /// How many segments they are spread over, as one per metric.
    var count = 1
}

extension PostgresBinaryCopy {
    /// Sends what has gathered once it is worth a message of its own.
    mutating func sendIfLarge(to writer: borrowing PostgresCopyWriter) throws(PostgresError) {
        if count >= 128 * 1024 { try writer.write(&self) }
    }
}
